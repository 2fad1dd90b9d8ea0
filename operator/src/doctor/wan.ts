/** The operator, the WAN address, the records and the token. */
import type { Condition, DnsRecordObject, Vote } from "../api/index.ts";
import { WANTED_EGRESS } from "../wan/conditions.ts";
import { validObservations } from "../wan/verdicts.ts";
import { tokenState } from "../status/token.ts";
import type { Facts } from "./facts.ts";
import { describe, isReady } from "./metallb.ts";
import { type Finding, ok, unknown, warn, wrong } from "./report.ts";

/** The oldest Kubernetes that the objects of the stack are known to fit. */
const OLDEST_MINOR = 29;

export function kubernetes({ version }: Facts): Finding {
  if (!version.read) return wrong(version.why, "Is KUBECONFIG right, and does the cluster answer? kubectl version");
  const minor = Number(/^v?1\.(\d+)/.exec(version.value)?.[1]);
  if (minor < OLDEST_MINOR)
    return warn(`Kubernetes ${version.value}`, `1.${OLDEST_MINOR} is the oldest that is tried.`);
  return ok(`Kubernetes ${version.value}`);
}

export function operatorPods({ ownPods, namespace, nodes }: Facts): Finding {
  if (!ownPods.read) return unknown(ownPods.why);
  const pods = ownPods.value.filter(({ metadata }) => metadata.labels["app"] === "esddns-operator");
  const todo = `kubectl describe pods -n ${namespace} -l app=esddns-operator; kubectl logs -n ${namespace} -l app=esddns-operator`;
  if (pods.length === 0)
    return wrong(
      `no operator pod in ${namespace}`,
      "Has pulumi up run to its end? Is the namespace right? npm run doctor -- NAMESPACE",
    );
  const bad = pods.filter((pod) => !isReady(pod));
  if (bad.length > 0) return wrong(`not ready: ${bad.map(describe).join(", ")}`, todo);
  const restless = pods.filter(({ status }) => status.containerStatuses.some(({ restartCount }) => restartCount > 3));
  if (restless.length > 0) return warn(`ready, but: ${restless.map(describe).join(", ")}`, `${todo} --previous`);
  return ok(`${pods.length} pods on ${nodes.read ? nodes.value.length : "?"} nodes are ready`);
}

/** What each condition of the WanAddress should be, and what to do where it is not. */
const EXPECTED: readonly (readonly [type: string, wanted: string, todo: string])[] = [
  ["Ready", "True", "Look at the votes below: which transports get answers, and what do they say?"],
  [
    "Agreed",
    "True",
    "The last good address is kept. kubectl get wanobservations -o yaml shows every vote; one odd organisation can be left out by esddns:detection.stun.servers.",
  ],
  [
    "MultipleEgress",
    "False",
    "The nodes leave by different routers. Give them one way out, or choose in esddns:detection.multiWan: nothing is published while they differ.",
  ],
  [
    "FamilyUnavailable",
    "False",
    "Pods have no way out by that family. If that is meant, leave it out of esddns:detection.families.",
  ],
  [
    "BehindNAT",
    "False",
    "The router has no public address itself: nobody outside reaches you by this one. Ask the provider for a public address.",
  ],
  ["Unauthenticated", "False", "Allow TCP 443 out, so that an authenticated vote can be had."],
];

export function conditions({ wan, namespace }: Facts): Finding {
  if (!wan.read) return wrong(wan.why, `There should be one: kubectl get wan -n ${namespace}. pulumi up makes it.`);
  const { status } = wan.value;
  const found = EXPECTED.flatMap(([type, wanted, todo]) => {
    const condition = status?.conditions?.find((one) => one.type === type);
    if (condition === undefined || condition.status === "Unknown" || condition.status === wanted) return [];
    if (WANTED_EGRESS.includes(condition.reason)) return [];
    return [
      {
        serious: type === "Ready",
        saw: `${type} is ${condition.status} (${condition.reason}): ${condition.message}`,
        todo,
      },
    ];
  });
  const address = [status?.ipv4, status?.ipv6Prefix].filter((one) => one !== undefined).join(", ");
  const [first] = found;
  if (first === undefined)
    return address === ""
      ? wrong("no address is known yet", "Wait a minute; then look at the votes below.")
      : ok(address);
  const text = [address === "" ? "no address" : address, ...found.map(({ saw }) => saw)].join("; ");
  const todo = found.map((one) => one.todo).join("\n");
  return found.some(({ serious }) => serious) ? wrong(text, todo) : warn(text, todo);
}

const NEEDS: Readonly<Record<string, string>> = {
  udp: "UDP out to ports 3478 and 19302",
  tcp: "TCP out to port 3478",
  tls: "TCP out to port 5349",
  https: "TCP out to port 443",
  "nat-pmp": "UDP 5351 to the router, and NAT-PMP switched on there",
  pcp: "UDP 5351 to the router, and PCP switched on there",
};

export function votes({ observations, now }: Facts): Finding {
  if (!observations.read) return unknown(observations.why);
  const valid = validObservations(observations.value, now);
  if (valid.length === 0)
    return wrong(
      "no node has reported lately",
      "Are the operator's pods ready? Their logs say why nothing is written.",
    );
  const all = valid.flatMap((observation) => observation.votes);
  const transports = [...new Set(all.map(({ transport }) => transport))].sort();
  const answered = (transport: string): Vote[] =>
    all.filter((vote) => vote.transport === transport && vote.outcome === "Ok");
  const text = transports
    .map(
      (transport) =>
        `${transport} ${answered(transport).length} of ${all.filter((vote) => vote.transport === transport).length}`,
    )
    .join(", ");
  const silent = transports.filter((transport) => answered(transport).length === 0);
  const saw = `answers by transport: ${text}`;
  if (silent.length === 0) return ok(saw);
  const todo = `No answer by ${silent.join(", ")}: the firewall must let through ${silent.map((one) => NEEDS[one] ?? one).join("; ")}.`;
  return silent.length === transports.length ? wrong(saw, todo) : warn(saw, todo);
}

export function recordsSynced({ records }: Facts): Finding {
  return perRecord(records, "Synced", "stand at Gandi as they should");
}

export function recordsVerified({ records }: Facts): Finding {
  return perRecord(records, "Verified", "are answered by the zone's own servers");
}

function perRecord(records: Facts["records"], type: "Synced" | "Verified", good: string): Finding {
  if (!records.read) return unknown(records.why);
  if (records.value.length === 0) return ok("no records are configured");
  const condition = ({ status }: DnsRecordObject): Condition | undefined =>
    status?.conditions?.find((one) => one.type === type);
  const name = ({ metadata, status }: DnsRecordObject): string => status?.fqdn ?? metadata.name;
  const bad = records.value.filter(
    (record) => condition(record)?.status === "False" && condition(record)?.reason !== "DryRun",
  );
  if (bad.length > 0) {
    const todo = bad.map((record) => `${name(record)}: ${condition(record)?.message ?? ""}`).join("\n");
    return wrong(bad.map((record) => `${name(record)} ${condition(record)?.reason ?? ""}`).join(", "), todo);
  }
  const open = records.value.filter((record) => condition(record)?.status !== "True");
  if (open.length > 0) return unknown(`not known yet: ${open.map(name).join(", ")}`);
  return ok(`${records.value.length} ${good}`);
}

export function token({ tokenExpires, records, now }: Facts): Finding {
  const refused = records.read
    ? records.value
        .flatMap(({ status }) => status?.conditions ?? [])
        .find(
          ({ type, status, reason }) =>
            type === "Synced" && status === "False" && /Token|Unauthorized|Forbidden/.test(reason),
        )
    : undefined;
  if (refused !== undefined) return wrong(`Gandi refuses the token (${refused.reason})`, refused.message);
  if (!tokenExpires.read) return unknown(tokenExpires.why);
  const { days, text, tone } = tokenState(tokenExpires.value, now);
  if (days === undefined) return unknown(text, "Set esddns:gandiTokenExpires to be warned in time.");
  const todo = "Create a new token at Gandi, store it with pulumi config set --secret gandiToken, and run pulumi up.";
  if (tone === "bad") return wrong(text, todo);
  return tone === "warn" ? warn(text, todo) : ok(text);
}
