import type { DetectionSpec, Family, Vote, WanObservation } from "@esddns/common/api";
import { parseAddress } from "@esddns/common/ip";
import { isConfirmed } from "./confirmations.ts";
import type { Plausibility } from "@esddns/common/ip";
import type { QuorumVerdict } from "./quorum.ts";
import { judgeVotes } from "./quorum.ts";

/** How far the clock of another node may be ahead of this one before its timestamps mean nothing. */
const CLOCK_TOLERANCE_MS = 60_000;

/**
 * How long nodes may differ before MultipleEgress reports it. After a change one node is the first to see the new
 * address. The others look again as soon as they learn of it, and need a round for that.
 */
const SETTLE_MS = 15_000;

/** The result of all nodes' verdicts for one family. */
export type Outcome =
  | {
      readonly kind: "Agreed";
      /** Sorted. More than one only with multiWan All. */
      readonly values: readonly string[];
      readonly organisations: readonly string[];
      /** The nodes that give one of the values. */
      readonly nodes: readonly string[];
      /** All nodes that have a verdict: value → nodes. */
      readonly nodesOf: ReadonlyMap<string, readonly string[]>;
      /** False if the value counts only because of allowUnauthenticated. */
      readonly authenticated: boolean;
      /** Whether some node has answers but no agreed value. */
      readonly doubtful: boolean;
    }
  /** Nodes have agreed values, but different ones: value → nodes. */
  | {
      readonly kind: "NodesDiffer";
      readonly nodesOf: ReadonlyMap<string, readonly string[]>;
      /** Milliseconds until this is reported. 0 if it is reported now. */
      readonly settlesInMs: number;
    }
  /** The nodes agree on a new value, but the value has changed too often lately to change again now. */
  | { readonly kind: "Flapping"; readonly heldForMs: number }
  | { readonly kind: "Disputed" | "Unauthenticated" | "TooFew" }
  /** No node had an answer. */
  | { readonly kind: "Silent" };

/**
 * Returns the observations that count now, sorted by the names of their nodes. A timestamp slightly in the future comes
 * from a clock that is ahead. An observation from further in the future would never expire, so it does not count.
 *
 * @param now milliseconds since the epoch
 */
export function validObservations(observations: readonly WanObservation[], now: number): WanObservation[] {
  return observations
    .filter(({ observedAt, validForSeconds }) => {
      const ageMs = now - Date.parse(observedAt);
      return ageMs >= -CLOCK_TOLERANCE_MS && ageMs < validForSeconds * 1000;
    })
    .sort((a, b) => (a.nodeName < b.nodeName ? -1 : 1));
}

/** Returns the sorted names of the nodes whose observations do not count because their clocks are too far ahead. */
export function nodesAhead(observations: readonly WanObservation[], now: number): string[] {
  return observations
    .filter(({ observedAt }) => Date.parse(observedAt) - now > CLOCK_TOLERANCE_MS)
    .map(({ nodeName }) => nodeName)
    .sort();
}

/**
 * Returns when the first of these valid observations expires, in milliseconds from now. Returns undefined if there are
 * none.
 */
export function firstExpiryMs(observations: readonly WanObservation[], now: number): number | undefined {
  if (observations.length === 0) return undefined;
  return Math.min(
    ...observations.map(({ observedAt, validForSeconds }) => Date.parse(observedAt) + validForSeconds * 1000 - now),
  );
}

/** The settings that turn many nodes' verdicts into one outcome. */
export type OutcomeRules = Pick<
  DetectionSpec,
  "quorum" | "prefixLength" | "allowUnauthenticated" | "confirmations" | "multiWan" | "preferNodes"
>;

interface NodeView {
  readonly nodeName: string;
  readonly verdict: QuorumVerdict;
  /** How long the node has had its value. If it does not say, the age of its observation. */
  readonly ageMs: number;
  readonly confirmed: boolean;
}

type WithValue = NodeView & { readonly verdict: Extract<QuorumVerdict, { readonly value: string }> };

/**
 * Combines the verdicts of all nodes. Nodes with an agreed value must agree, unless `multiWan` says otherwise. Nodes
 * without one do not count. Verdicts confirmed without an authenticated vote count if no node has an authenticated one.
 *
 * @param now milliseconds since the epoch
 */
export function outcomeOf(
  observations: readonly WanObservation[],
  family: Family,
  rules: OutcomeRules,
  plausibility: Plausibility,
  now: number,
): Outcome {
  const views = observations.map((observation) => viewOf(observation, family, rules, plausibility, now));
  const agreed = views.filter((view): view is WithValue => view.verdict.kind === "Agreed");
  const authenticated = agreed.length > 0;
  const counted = authenticated
    ? agreed
    : views.filter((view): view is WithValue => view.confirmed && view.verdict.kind === "Unauthenticated");
  const doubts = views.filter((view) => !counted.some((one) => one === view) && view.verdict.kind !== "Silent");
  const nodesOf = new Map(
    [...Map.groupBy(counted, ({ verdict }) => verdict.value)].map(([value, of]) => [value, of.map((v) => v.nodeName)]),
  );
  const all = [...nodesOf.keys()].sort();
  const settlesInMs = Math.max(0, SETTLE_MS - Math.min(...counted.map(({ ageMs }) => Math.max(ageMs, 0))));
  const of = (values: readonly string[]): Outcome => {
    const telling = counted.filter(({ verdict }) => values.includes(verdict.value));
    return {
      kind: "Agreed",
      values,
      nodes: telling.map(({ nodeName }) => nodeName),
      organisations: [...new Set(telling.flatMap(({ verdict }) => verdict.organisations))].sort(),
      nodesOf,
      authenticated,
      doubtful: doubts.length > 0,
    };
  };
  const preferred = rules.multiWan === "PreferNodes" ? preferredOf(rules.preferNodes, views) : undefined;
  if (preferred !== undefined) {
    const decisive = counted.find((view) => view === preferred);
    return decisive === undefined ? { kind: doubtOf([preferred]) } : of([decisive.verdict.value]);
  }
  if (all.length === 1 || (all.length > 1 && rules.multiWan === "All" && settlesInMs === 0)) return of(all);
  if (all.length > 1) return { kind: "NodesDiffer", nodesOf, settlesInMs };
  return { kind: doubtOf(views) };
}

/** Returns the first of the preferred nodes that has any answer. It decides, even if it is in doubt. */
function preferredOf(names: readonly string[], views: readonly NodeView[]): NodeView | undefined {
  return names
    .map((name) => views.find(({ nodeName }) => nodeName === name))
    .find((view) => view !== undefined && view.verdict.kind !== "Silent");
}

function doubtOf(views: readonly NodeView[]): "Disputed" | "Unauthenticated" | "TooFew" | "Silent" {
  const kinds = new Set(views.map(({ verdict }) => verdict.kind));
  return (["Disputed", "Unauthenticated", "TooFew"] as const).find((kind) => kinds.has(kind)) ?? "Silent";
}

function viewOf(
  observation: WanObservation,
  family: Family,
  rules: OutcomeRules,
  plausibility: Plausibility,
  now: number,
): NodeView {
  const { nodeName, observedAt, beliefs: confirmations = [] } = observation;
  const verdict = verdictOf(observation, family, rules, plausibility);
  const value = "value" in verdict ? verdict.value : undefined;
  const since = confirmations.find((one) => one.family === family && one.value === value)?.since ?? observedAt;
  return {
    nodeName,
    verdict,
    // A `since` later than the observation itself comes from a clock that was ahead and has been corrected.
    ageMs: now - Math.min(Date.parse(since), Date.parse(observedAt)),
    confirmed: isConfirmed(verdict, family, confirmations, rules),
  };
}

/**
 * Returns the verdict of one node. Each observation is judged once: of many nodes usually only one has a new
 * observation.
 */
export function verdictOf(
  observation: WanObservation,
  family: Family,
  rules: Pick<DetectionSpec, "quorum" | "prefixLength">,
  plausibility: Plausibility,
): QuorumVerdict {
  const known = verdictsOf(observation, plausibility);
  const key = `${family} ${rules.quorum} ${rules.prefixLength}`;
  const verdict = known.get(key) ?? judgeVotes(plausibleVotes(observation.votes, plausibility), family, rules);
  known.set(key, verdict);
  return verdict;
}

/** Verdicts by plausibility rules and observation. Both are released when nothing else refers to them. */
const verdicts = new WeakMap<Plausibility, WeakMap<WanObservation, Map<string, QuorumVerdict>>>();

function verdictsOf(observation: WanObservation, plausibility: Plausibility): Map<string, QuorumVerdict> {
  const byObservation = verdicts.get(plausibility) ?? new WeakMap<WanObservation, Map<string, QuorumVerdict>>();
  verdicts.set(plausibility, byObservation);
  const known = byObservation.get(observation) ?? new Map<string, QuorumVerdict>();
  byObservation.set(observation, known);
  return known;
}

/**
 * Returns the plausible votes, judged again. The rules may have changed since the node judged, and the writer does not
 * rely on the node.
 */
function plausibleVotes(votes: readonly Vote[], plausibility: Plausibility): Vote[] {
  return votes.filter((vote) => {
    const address = parseAddress(vote.address ?? "");
    return address !== undefined && plausibility.judge(address, vote.family).plausible;
  });
}
