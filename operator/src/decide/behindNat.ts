import type { Condition, DetectionSpec, WanObservation } from "@esddns/common/api";
import { saysNoAddress } from "../router/natpmpResult.ts";
import { notGloballyReachable, parseAddress } from "@esddns/common/ip";
import type { Plausibility } from "@esddns/common/ip";
import { asks } from "@esddns/common/api";
import { verdictOf } from "./verdicts.ts";

/** What the router told one node, and what that node itself agreed on. */
export interface RouterReport {
  /** The source of the vote, for example nat-pmp:192.168.1.1 */
  readonly source: string;
  /** The router's own external address. Undefined if it gave none. */
  readonly said: string | undefined;
  /** Whether that address would count in any vote. A private address that the spec allows proves nothing by itself. */
  readonly plausible: boolean;
  /** Why it gave none, in words. */
  readonly detail: string;
  /** The router answered that it has no external address. */
  readonly hasNone: boolean;
  /** The node's agreed IPv4 address. Undefined: none at present. */
  readonly seen: string | undefined;
}

/** One condition without its type and times. */
export type ConditionFinding = Pick<Condition, "status" | "reason" | "message">;

/** RFC 6598: addresses that providers give to customers' routers behind carrier-grade NAT. */
const CARRIER_GRADE = "100.64.0.0/10";

/**
 * Returns the router's reports from valid observations. A node's report and its agreed address are from one round, so a
 * change in progress does not look like a difference. Returns undefined if no router is asked.
 */
export function routerReports(
  observations: readonly WanObservation[],
  spec: DetectionSpec,
  plausibility: Plausibility,
): RouterReport[] | undefined {
  if (spec.router === undefined || !asks(spec, "direct") || !spec.families.includes("IPv4")) return undefined;
  return observations.flatMap((observation) => {
    const verdict = verdictOf(observation, "IPv4", spec, plausibility);
    const seen = verdict.kind === "Agreed" ? verdict.value : undefined;
    return observation.votes
      .filter(({ transport }) => transport === "nat-pmp" || transport === "pcp")
      .map(({ source, address, outcome, detail }) => ({
        source,
        said: parseAddress(address ?? "")?.text,
        plausible: outcome === "Ok",
        detail: detail ?? outcome,
        hasNone: outcome === "Refused" && saysNoAddress(detail ?? ""),
        seen,
      }));
  });
}

/**
 * Judges by the router's report whether another NAT stands between the router and the internet. Only the router knows:
 * without its report the answer is never False.
 *
 * @param reports undefined: no router is asked
 * @param previous the earlier condition, which is kept while the router's report cannot be compared with anything
 */
export function behindNat(
  reports: readonly RouterReport[] | undefined,
  previous: Condition | undefined,
): ConditionFinding {
  if (reports === undefined) {
    return {
      status: "Unknown",
      reason: "RouterNotAsked",
      message:
        "Only the router knows whether the provider translates addresses once more (CGNAT, double NAT): set detection.router.",
    };
  }
  const translated = reports.map(translation).find((finding) => finding !== undefined);
  if (translated !== undefined) return translated;
  const same = reports.find(({ said, seen }) => said !== undefined && said === seen);
  if (same !== undefined) {
    return {
      status: "False",
      reason: "RouterHasTheAddress",
      message: `The router itself has the address that the internet sees: ${same.said ?? ""}.`,
    };
  }
  const comparable = reports.some(({ said }) => said !== undefined);
  if (comparable && previous !== undefined && previous.status !== "Unknown") return previous;
  const without = reports.find(({ hasNone, seen }) => hasNone && seen !== undefined);
  if (without !== undefined) return noAddress(without);
  const [silent] = reports.filter(({ said }) => said === undefined);
  return silent === undefined
    ? {
        status: "Unknown",
        reason: "NothingToCompare",
        message: "The router's address has nothing to be compared with.",
      }
    : {
        status: "Unknown",
        reason: "RouterSilent",
        message: `The router (${silent.source}) does not give its external address: ${silent.detail}.`,
      };
}

/**
 * The line is up, but the router gives no address. By RFC 6886 section 3.5 that means it has none. But miniupnpd, which
 * most routers use, answers the same if its address is private. A second NAT is likely, but not certain.
 */
function noAddress({ source, seen }: RouterReport): ConditionFinding {
  return {
    status: "Unknown",
    reason: "RouterHasNoAddress",
    message:
      `The router (${source}) says that it has no public address, while the internet sees ${seen ?? ""}: probably ` +
      "another device translates addresses once more (CGNAT, double NAT). The router's own page shows its address.",
  };
}

function translation({ source, said, plausible, seen }: RouterReport): ConditionFinding | undefined {
  const address = parseAddress(said ?? "");
  if (said === undefined || address === undefined || said === seen) return undefined;
  const special = notGloballyReachable(address);
  // While a change is on hold, the right address also differs from the one in the status.
  if (seen === undefined && (special === undefined || plausible)) return undefined;
  const [reason, what] = kindOf(special?.block, plausible);
  const visible = seen === undefined ? "" : ` The internet sees ${seen}.`;
  return {
    status: "True",
    reason,
    message:
      `The router (${source}) has the external address ${said}, ${what}.${visible} Connections from outside do not reach you by ` +
      "IPv4: ask the provider for a public address, put the other router into bridge mode, or use IPv6.",
  };
}

/** @param block the special-purpose block of the router's address, if it is not globally reachable */
function kindOf(block: string | undefined, plausible: boolean): [reason: string, what: string] {
  if (block === CARRIER_GRADE) {
    return ["CarrierGradeNAT", "an address of the provider's own network (carrier-grade NAT)"];
  }
  // An address that the spec allows counts as a public one.
  if (block === undefined || plausible) {
    return ["AddressesDiffer", "not the one that the internet sees: another device translates addresses once more"];
  }
  return ["DoubleNAT", "an address of a private network: there is another router between it and the internet"];
}
