import type { Condition, DetectionSpec, WanObservation } from "@esddns/common/api";
import { saysNoAddress } from "../router/natpmpResult.ts";
import { notGloballyReachable, parseAddress } from "@esddns/common/ip";
import type { Plausibility } from "@esddns/common/ip";
import { asks } from "@esddns/common/api";
import { verdictOf } from "./verdicts.ts";

/** What one node has heard of the router, beside what it believes itself. */
export interface RouterReport {
  /** As the vote names it: nat-pmp:192.168.1.1 */
  readonly source: string;
  /** The address that the router has outside; undefined: it told none. */
  readonly said: string | undefined;
  /** Whether that address would be believed of anybody: a private one that the spec allows tells nothing by itself. */
  readonly plausible: boolean;
  /** Why it told none, in words. */
  readonly detail: string;
  /** It has answered, and that it has none. */
  readonly hasNone: boolean;
  /** The IPv4 address that the node believes by everybody's votes; undefined: none at present. */
  readonly seen: string | undefined;
}

/** What one condition says, without its type and its times. */
export type ConditionFinding = Pick<Condition, "status" | "reason" | "message">;

/** RFC 6598: what providers number their customers' routers with when they translate once more. */
const CARRIER_GRADE = "100.64.0.0/10";

/**
 * The router's words in valid observations. Of a node both are from one round, so that a change on its way does not look
 * like a difference. Undefined: no router is to be asked.
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
 * Whether somebody translates addresses between the router and the internet, by the router's own word: without it nobody
 * can tell, and the answer is never False.
 *
 * @param reports undefined: no router is asked
 * @param previous what was found before; kept while the router's word cannot be compared with anything
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
        "Whether the provider translates addresses once more (CGNAT, double NAT) only the router can tell: name it in detection.router.",
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
    ? { status: "Unknown", reason: "NothingToCompare", message: "The router's word has nothing to be compared with." }
    : {
        status: "Unknown",
        reason: "RouterSilent",
        message: `The router (${silent.source}) does not tell which address it has outside: ${silent.detail}.`,
      };
}

/**
 * The line is up, and the router has no address that it would tell: by RFC 6886 section 3.5 it has none, but miniupnpd,
 * which is in most routers, says the same of a private one. Likely a second NAT, but not its word for it.
 */
function noAddress({ source, seen }: RouterReport): ConditionFinding {
  return {
    status: "Unknown",
    reason: "RouterHasNoAddress",
    message:
      `The router (${source}) says that it has no public address, while the internet sees ${seen ?? ""}: probably ` +
      "somebody behind it translates once more (CGNAT, double NAT). The router's own page shows the address that it has.",
  };
}

function translation({ source, said, plausible, seen }: RouterReport): ConditionFinding | undefined {
  const address = parseAddress(said ?? "");
  if (said === undefined || address === undefined || said === seen) return undefined;
  const special = notGloballyReachable(address);
  // An address that may be the right one differs from what stands in the status while a change is held up, too.
  if (seen === undefined && (special === undefined || plausible)) return undefined;
  const [reason, what] = kindOf(special?.block, plausible);
  const visible = seen === undefined ? "" : ` The internet sees ${seen}.`;
  return {
    status: "True",
    reason,
    message:
      `The router (${source}) has ${said} outside, ${what}.${visible} Connections from outside do not reach you by ` +
      "IPv4: ask the provider for a public address, put the other router into bridge mode, or use IPv6.",
  };
}

/** @param block in which the router's address is, where that is not globally reachable */
function kindOf(block: string | undefined, plausible: boolean): [reason: string, what: string] {
  if (block === CARRIER_GRADE) {
    return ["CarrierGradeNAT", "an address of the provider's own network (carrier-grade NAT)"];
  }
  // What the spec allows is as good as a public address.
  if (block === undefined || plausible) {
    return ["AddressesDiffer", "another address than the internet sees: somebody behind it translates once more"];
  }
  return ["DoubleNAT", "an address of a private network: another router stands before it"];
}
