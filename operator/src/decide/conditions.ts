import type { Condition, DetectionSpec, Family, WanConditionType } from "@esddns/common/api";
import { conditionOf } from "@esddns/common/cluster";
import { behindNat, type ConditionFinding, type RouterReport } from "./behindNat.ts";
import type { Outcome } from "./verdicts.ts";

/** Reasons for which MultipleEgress is true and nothing is wrong: the configuration asks for it. */
export const WANTED_EGRESS: readonly string[] = ["AllPublished", "NodePreferred"];

export interface FamilyView {
  readonly family: Family;
  /** The value in the new status: an IPv4 address or an IPv6 prefix. Several are separated by commas. */
  readonly value: string | undefined;
  /** Undefined: the family is not detected. */
  readonly outcome: Outcome | undefined;
}

export interface ConditionsInput {
  readonly views: readonly FamilyView[];
  /** Whether there is any valid observation. */
  readonly observed: boolean;
  /** Nodes whose observations do not count because of their clocks. */
  readonly nodesAhead: readonly string[];
  readonly neededFamilies: readonly Family[];
  readonly rules: Pick<DetectionSpec, "quorum" | "multiWan" | "allowUnauthenticated" | "confirmations">;
  /** What the router told the nodes. Undefined: it is not asked. */
  readonly routerReports: readonly RouterReport[] | undefined;
  readonly previous: readonly Condition[];
  readonly generation: number;
  /** The current time as a timestamp. A condition whose status does not change keeps its old one. */
  readonly time: string;
}

/**
 * Returns the conditions of WanAddress in a fixed order. Messages name only facts that change slowly (which value,
 * which node), so they stay the same from one round to the next.
 */
export function conditionsOf(input: ConditionsInput): Condition[] {
  const before = (type: WanConditionType): Condition | undefined => conditionOf({ conditions: input.previous }, type);
  // A change that has not reached every node yet is not reported. A reported difference stays until the nodes agree.
  const settling =
    before("MultipleEgress")?.reason !== "NodesDiffer" &&
    input.views.some(({ outcome }) => outcome?.kind === "NodesDiffer" && outcome.settlesInMs > 0);
  const findings: [WanConditionType, ConditionFinding][] = [
    ["Ready", ready(input)],
    ["Agreed", (settling ? before("Agreed") : undefined) ?? withClocks(agreed(input), input)],
    ["BehindNAT", behindNat(input.routerReports, before("BehindNAT"))],
    ["MultipleEgress", (settling ? before("MultipleEgress") : undefined) ?? multipleEgress(input)],
    ["FamilyUnavailable", familyUnavailable(input)],
    ...unauthenticated(input).map((finding) => ["Unauthenticated", finding] as [WanConditionType, ConditionFinding]),
  ];
  return findings.map(([type, { status, reason, message }]) => {
    const previous = before(type);
    const lastTransitionTime = previous?.status === status ? previous.lastTransitionTime : input.time;
    return { type, status, reason, message, observedGeneration: input.generation, lastTransitionTime };
  });
}

function ready({ views, neededFamilies }: ConditionsInput): ConditionFinding {
  const known = views.filter(({ value }) => value !== undefined);
  const missing = views.filter(({ family, value }) => neededFamilies.includes(family) && value === undefined);
  const ignored = missing.filter(({ outcome }) => outcome === undefined);
  if (ignored.length > 0) {
    return no("FamilyNotLookedFor", `A record needs ${names(ignored)}, which detection.families does not include.`);
  }
  if (missing.length > 0)
    return no("AddressUnknown", `No WAN address is known yet for ${names(missing)}, which a record needs.`);
  if (known.length === 0) return no("AddressUnknown", "No WAN address is known yet.");
  return yes("AddressKnown", `The WAN address is known: ${sentence(known.map(valueText))}.`);
}

function agreed({ views, observed, neededFamilies, rules }: ConditionsInput): ConditionFinding {
  if (!observed)
    return unknown("NoObservations", "No node has observed anything lately; the last known values are kept.");
  // Reasons that name a contradiction come before silence. A silent family counts only if its address was known or a
  // record needs it.
  const missed = views.filter(
    ({ family, value, outcome }) =>
      outcome?.kind === "Silent" && (value !== undefined || neededFamilies.includes(family)),
  );
  const problems = [...views.filter(({ outcome }) => outcome?.kind !== "Silent"), ...missed].flatMap((view) => {
    const problem = problemOf(view, rules);
    return problem === undefined ? [] : [{ ...problem, kept: view.value !== undefined }];
  });
  const [first] = problems;
  if (first !== undefined) {
    const kept = problems.some((problem) => problem.kept) ? " The last known value is kept." : "";
    return no(first.reason, problems.map(({ message }) => message).join(" ") + kept);
  }
  const agreeing = views.filter(({ outcome }) => outcome?.kind === "Agreed");
  if (agreeing.length === 0) return unknown("NoAnswers", "No source answers, and no WAN address is known yet.");
  return yes("QuorumReached", `The organisations asked agree: ${sentence(agreeing.map(valueText))}.`);
}

/** Adds the nodes whose clocks are ahead. The wrong clock may also be that of the node that decides. */
function withClocks(finding: ConditionFinding, { nodesAhead }: ConditionsInput): ConditionFinding {
  if (nodesAhead.length === 0) return finding;
  const clocks = `What ${some(nodesAhead)} sees does not count: clocks differ by more than a minute, check their synchronisation.`;
  return { ...finding, message: `${finding.message} ${clocks}` };
}

function problemOf(
  { family, outcome }: FamilyView,
  { quorum, allowUnauthenticated, confirmations }: ConditionsInput["rules"],
): { reason: string; message: string } | undefined {
  switch (outcome?.kind) {
    case "Disputed":
      return {
        reason: "Disputed",
        message: `Organisations differ about ${family}: see the votes in the WanObservations.`,
      };
    case "Unauthenticated":
      return {
        reason: "Unauthenticated",
        message:
          `No organisation gives the ${family} address over verified TLS.` +
          (allowUnauthenticated ? ` It counts after ${confirmations} equal rounds, a minute apart.` : ""),
      };
    case "TooFew":
      return { reason: "TooFewOrganisations", message: `Fewer than ${quorum} organisations answer over ${family}.` };
    case "NodesDiffer":
      return {
        reason: "NodesDiffer",
        message: `Nodes have different ${family} addresses: ${byNode(outcome.nodesOf)}.`,
      };
    case "Flapping":
      return {
        reason: "Flapping",
        message: `The ${family} address changes back and forth. It is followed every other minute until it settles. Check the line, or the router's fail-over.`,
      };
    case "Silent":
      return { reason: "NoAnswers", message: `No source answers over ${family}.` };
    case "Agreed":
    case undefined:
      return undefined;
  }
}

function multipleEgress({ views, observed, rules }: ConditionsInput): ConditionFinding {
  const differing = views.flatMap(({ family, outcome }) =>
    outcome?.kind === "NodesDiffer" ? [`${family}: ${byNode(outcome.nodesOf)}`] : [],
  );
  if (differing.length > 0) {
    return yes(
      "NodesDiffer",
      `Nodes leave by different addresses, and the last known value is kept. ${differing.join("; ")}.`,
    );
  }
  const wanted = views.flatMap(({ family, outcome }) =>
    outcome?.kind === "Agreed" && outcome.nodesOf.size > 1 ? [`${family}: ${byNode(outcome.nodesOf)}`] : [],
  );
  if (wanted.length > 0) {
    const all = rules.multiWan === "All";
    const what = all ? "multiWan All has all of them published" : "multiWan PreferNodes chooses one";
    const message = `Nodes leave by different addresses, and ${what}. ${wanted.join("; ")}.`;
    return yes(all ? "AllPublished" : "NodePreferred", message);
  }
  if (observed && views.some(({ outcome }) => outcome?.kind === "Agreed")) {
    return no("OneEgress", "All nodes that know their WAN address have the same one.");
  }
  return unknown("NotKnown", "No node knows its WAN address at present.");
}

/** Returns nothing if no value depends on allowUnauthenticated. */
function unauthenticated({ views, rules }: ConditionsInput): ConditionFinding[] {
  const found = views.filter(({ outcome }) => outcome?.kind === "Agreed" && !outcome.authenticated);
  if (found.length === 0) return [];
  const message =
    `No source gives the address over verified TLS: ${sentence(found.map(valueText))} counts by ` +
    `allowUnauthenticated, after ${rules.confirmations} equal rounds. An attacker who forges packets on the path can change it.`;
  return [yes("NoAuthenticatedVote", message)];
}

function familyUnavailable({ views, observed }: ConditionsInput): ConditionFinding {
  if (!observed) return unknown("NoObservations", "No node has observed anything lately.");
  const silent = views.filter(({ outcome }) => outcome?.kind === "Silent");
  if (silent.length === 0) return no("AllAnswer", "Every family that is looked for has answers.");
  const kept = silent.filter(({ value }) => value !== undefined);
  const tail = kept.length === 0 ? "" : ` The last known value is kept: ${sentence(kept.map(valueText))}.`;
  return yes("NoAnswers", `No source answers over ${names(silent)}.${tail}`);
}

function valueText({ family, value }: FamilyView): string {
  return family === "IPv4" ? `IPv4 ${value ?? ""}` : `IPv6 prefix ${value ?? ""}`;
}

function names(views: readonly FamilyView[]): string {
  return sentence(views.map(({ family }) => family));
}

function byNode(nodesOf: ReadonlyMap<string, readonly string[]>): string {
  return [...nodesOf]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, 8)
    .map(([value, nodes]) => `${value} (${some(nodes)})`)
    .join(", ");
}

function some(nodes: readonly string[]): string {
  return `${nodes.slice(0, 8).join(", ")}${nodes.length > 8 ? ", …" : ""}`;
}

function sentence(parts: readonly string[]): string {
  return parts.join(" and ");
}

function yes(reason: string, message: string): ConditionFinding {
  return { status: "True", reason, message };
}

function no(reason: string, message: string): ConditionFinding {
  return { status: "False", reason, message };
}

function unknown(reason: string, message: string): ConditionFinding {
  return { status: "Unknown", reason, message };
}
