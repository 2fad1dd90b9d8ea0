/** The table of alerts, from which the PrometheusRule is made. docs/runbooks.md has a section for each. Pure. */
import { names } from "../names.ts";
import { selectIn } from "./selector.ts";

export interface Alert {
  readonly name: string;
  readonly expr: string;
  /** How long the expression must hold, as Prometheus writes it. */
  readonly for: string;
  readonly severity: "info" | "warning" | "critical";
  readonly summary: string;
  readonly description: string;
}

interface Watched {
  readonly namespace: string;
  /** Seconds between full rounds. */
  readonly intervalSeconds: number;
}

/** Reasons of Agreed that EsddnsAddressDisputed reports. */
const DISPUTES = "Disputed|NodesDiffer|Flapping";
/** Reasons of Synced that only a new token from Gandi cures. */
const TOKEN_REASONS = "TokenRefused|AccessDenied";
/** Reasons of Synced that the user asked for, that end by themselves, or that other alerts report. */
const NO_FAULT = `DryRun|WaitingForAddress|${TOKEN_REASONS}`;
/** The alert for missing rounds waits at least this long, in seconds. */
const SILENCE_SECONDS = 900;

/** Returns the alerts of one stack. Each stack in a cluster has its own rules. */
export function alerts(watched: Watched): readonly Alert[] {
  return [...addressAlerts(watched), ...recordAlerts(watched), ...tokenAlerts(watched), ...podAlerts(watched)];
}

function addressAlerts({ namespace, intervalSeconds }: Watched): Alert[] {
  const m = selectIn(namespace);
  const silence = Math.max(SILENCE_SECONDS, 3 * intervalSeconds);
  return [
    {
      name: "EsddnsNoAgreement",
      // Not by reason: each new reason would begin the wait again.
      expr: `max by (namespace) (${m("wanCondition", `type="Agreed",status!="True",reason!~"${DISPUTES}"`)}) == 1`,
      for: "15m",
      severity: "warning",
      summary: "Nobody confirms the WAN address, or not of each family.",
      description:
        "Too few independent organisations answer. The last good address stays in DNS; a change would not be noticed.",
    },
    {
      name: "EsddnsAddressDisputed",
      expr: `max by (namespace) (${m("wanDisagreement")}) == 1`,
      for: "5m",
      severity: "warning",
      summary: "Organisations or nodes contradict each other about the WAN address.",
      description: "The last good address stays in DNS, and nothing is written until they agree.",
    },
    {
      name: "EsddnsNoUpdateCheck",
      expr: `time() - max by (namespace) (${m("observationTime")}) > ${silence}`,
      for: "5m",
      severity: "critical",
      summary: "No node has looked for the WAN address for {{ $value | humanizeDuration }}.",
      description:
        "The operator's pods run and do not look, or cannot write what they see. A change of address would not be noticed.",
    },
    {
      name: "EsddnsBehindNAT",
      expr: `max by (namespace) (${m("wanCondition", 'type="BehindNAT",status="True"')}) == 1`,
      for: "15m",
      severity: "warning",
      summary: "The router does not have the WAN address itself.",
      description:
        "There is another NAT in front of it (CGNAT, or a second router): the address in DNS does not lead here from outside.",
    },
  ];
}

function recordAlerts({ namespace }: Watched): Alert[] {
  const m = selectIn(namespace);
  const failures = (window: string): string =>
    `sum by (namespace, reason) (increase(${m("dnsUpdateFailures")}[${window}]))`;
  return [
    {
      name: "EsddnsDnsUpdatesFailing",
      // A failure counts for 10 minutes, the shorter window: a single burst is over before the wait of 15 minutes ends.
      expr: `${failures("15m")} > 1.5 and ${failures("10m")} > 0`,
      for: "15m",
      severity: "warning",
      summary: "DNS updates fail repeatedly: {{ $labels.reason }}.",
      description:
        "Attempts to keep a record true have failed again and again for 15 minutes. They go on by themselves.",
    },
    {
      name: "EsddnsRecordNotInSync",
      expr: `max by (namespace, record, fqdn) (${m("recordCondition", `type="Synced",status="False",reason!~"${NO_FAULT}"`)}) == 1`,
      for: "15m",
      severity: "critical",
      summary: "{{ $labels.fqdn }} is not at Gandi as it should be.",
      description:
        "The record {{ $labels.record }} could not be made true for 15 minutes. Its condition Synced says why, and what to do.",
    },
    {
      name: "EsddnsRecordNotVerified",
      expr: `max by (namespace, record, fqdn) (${m("recordVerified")}) == 0`,
      for: "30m",
      severity: "warning",
      summary: "The zone's name servers do not answer with {{ $labels.fqdn }}.",
      description:
        "Gandi's API has taken the record {{ $labels.record }}, and what the internet is told is something else, or nothing can be found out.",
    },
  ];
}

function tokenAlerts({ namespace }: Watched): Alert[] {
  const m = selectIn(namespace);
  const days = `(min by (namespace) (${m("tokenExpiry")}) - time()) / 86400`;
  const description =
    "No program can renew it: create a new one at Gandi and store it, or no record can be written any more.";
  const expiring = (within: number, down: number | undefined, severity: Alert["severity"]): Alert => ({
    name: `EsddnsTokenExpiresIn${within}${within === 1 ? "Day" : "Days"}`,
    expr: down === undefined ? `${days} <= ${within}` : `${days} <= ${within} and ${days} > ${down}`,
    for: "5m",
    severity,
    summary:
      down === undefined
        ? "Gandi's token ends within a day, or has ended."
        : `Gandi's token ends within ${within} days.`,
    description,
  });
  return [
    expiring(30, 7, "info"),
    expiring(7, 1, "warning"),
    expiring(1, undefined, "critical"),
    {
      name: "EsddnsTokenRefused",
      expr: `max by (namespace, reason) (${m("recordCondition", `type="Synced",status="False",reason=~"${TOKEN_REASONS}"`)}) == 1`,
      for: "2m",
      severity: "critical",
      summary: "Gandi refuses the token: {{ $labels.reason }}.",
      description:
        "It has expired, was revoked, or lacks the right to write the zone. Records stay as they are until it is replaced.",
    },
  ];
}

function podAlerts({ namespace }: Watched): Alert[] {
  const m = selectIn(namespace);
  const free = `max by (namespace, pool, family) (${m("poolAvailable")})`;
  const size = `(${free} + max by (namespace, pool, family) (${m("poolAssigned")}))`;
  return [
    {
      name: "EsddnsOperatorDown",
      expr: `absent(${m("buildInfo", 'role="operator"')})`,
      for: "5m",
      severity: "critical",
      summary: "No pod of the operator answers.",
      description: "Nobody looks for the WAN address and nobody writes DNS; or Prometheus no longer scrapes the pods.",
    },
    {
      name: "EsddnsOperatorPodsUnavailable",
      expr: `max by (namespace) (kube_daemonset_status_number_unavailable{namespace="${namespace}",daemonset="${names.operator.daemonSet}"}) > 0`,
      for: "15m",
      severity: "warning",
      summary: "The operator does not run on {{ $value }} of the nodes.",
      description: "The others go on; these nodes' way to the internet is not looked at.",
    },
    {
      name: "EsddnsNoLeaseHolder",
      expr: `sum by (namespace) (${m("leader")}) == 0`,
      for: "2m",
      severity: "critical",
      summary: "No pod of the operator holds the lease.",
      description: "The pods look, and none may decide or write DNS.",
    },
    {
      name: "EsddnsPageDown",
      expr: `absent(${m("buildInfo", 'role="status"')})`,
      for: "5m",
      severity: "warning",
      summary: "No pod of the status page answers.",
      description: "Looking for the address and writing DNS go on without it.",
    },
    {
      name: "EsddnsLoadBalancerPending",
      expr: `max by (namespace) (${m("loadBalancerAddresses")}) == 0`,
      for: "5m",
      severity: "warning",
      summary: "The status page's Service has no address.",
      description: "MetalLB has given none: its pool is full, or does not fit, or its controller does not run.",
    },
    {
      name: "EsddnsPoolNearlyFull",
      expr: `${free} / ${size} < 0.1 and ${size} >= 4`,
      for: "15m",
      severity: "warning",
      summary: "The address pool {{ $labels.pool }} has hardly any {{ $labels.family }} address left.",
      description:
        "Fewer than a tenth of them are free ({{ $value | humanizePercentage }}). Services that come when there is none stay pending.",
    },
  ];
}
