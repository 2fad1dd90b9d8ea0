import type { DetectionSpec, Family, Vote, WanObservation } from "../api/index.ts";
import { parseAddress } from "./address.ts";
import type { Plausibility } from "./plausibility.ts";
import type { Verdict } from "./quorum.ts";
import { judgeVotes } from "./quorum.ts";

/** How far the clock of another node may be ahead of this one's before its timestamps mean nothing. */
const CLOCK_TOLERANCE_MS = 60_000;

/**
 * How long nodes may differ before that is a finding. After a change one node is the first to see the new address; the
 * others look again as soon as they learn of it, and need a round for that.
 */
const SETTLE_MS = 15_000;

/** What the nodes' verdicts on one family amount to. */
export type Outcome =
  | {
      readonly kind: "Agreed";
      readonly value: string;
      readonly organisations: readonly string[];
      readonly nodes: readonly string[];
    }
  /** Nodes have agreed values, but not one and the same: value → nodes. */
  | {
      readonly kind: "NodesDiffer";
      readonly nodesOf: ReadonlyMap<string, readonly string[]>;
      /** Milliseconds until this counts as a finding; 0 if it does. */
      readonly settlesInMs: number;
    }
  /** They agree, on another value than the known one, which has changed too often of late to be changed again now. */
  | { readonly kind: "Flapping"; readonly value: string; readonly heldForMs: number }
  | { readonly kind: "Disputed" | "Unauthenticated" | "TooFew" }
  /** No node had an answer. */
  | { readonly kind: "Silent" };

/**
 * Those that count now, in the order of their nodes' names. A timestamp a little in the future is a clock that is
 * ahead; one further in the future would never expire, so that observation is not believed at all.
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

/** When the first of these valid observations expires, in milliseconds from now; undefined if there are none. */
export function firstExpiryMs(observations: readonly WanObservation[], now: number): number | undefined {
  if (observations.length === 0) return undefined;
  return Math.min(
    ...observations.map(({ observedAt, validForSeconds }) => Date.parse(observedAt) + validForSeconds * 1000 - now),
  );
}

/**
 * The outcome over all nodes: those with an agreed value must agree; those without one are not asked.
 *
 * @param now milliseconds since the epoch
 */
export function outcomeOf(
  observations: readonly WanObservation[],
  family: Family,
  rules: Pick<DetectionSpec, "quorum" | "prefixLength">,
  plausibility: Plausibility,
  now: number,
): Outcome {
  const verdicts = observations.map((observation) => ({
    nodeName: observation.nodeName,
    ageMs: now - Date.parse(observation.observedAt),
    verdict: verdictOf(observation, family, rules, plausibility),
  }));
  const nodesOf = new Map<string, string[]>();
  const organisations = new Set<string>();
  let youngestMs = SETTLE_MS;
  for (const { nodeName, ageMs, verdict } of verdicts) {
    if (verdict.kind !== "Agreed") continue;
    youngestMs = Math.min(youngestMs, Math.max(ageMs, 0));
    nodesOf.set(verdict.value, [...(nodesOf.get(verdict.value) ?? []), nodeName]);
    for (const name of verdict.organisations) organisations.add(name);
  }
  if (nodesOf.size > 1) return { kind: "NodesDiffer", nodesOf, settlesInMs: SETTLE_MS - youngestMs };
  const [only] = nodesOf;
  if (only !== undefined) {
    return { kind: "Agreed", value: only[0], nodes: only[1], organisations: [...organisations].sort() };
  }
  const kinds = new Set(verdicts.map(({ verdict }) => verdict.kind));
  const kind = (["Disputed", "Unauthenticated", "TooFew"] as const).find((candidate) => kinds.has(candidate));
  return { kind: kind ?? "Silent" };
}

/** What one node believes. */
export function verdictOf(
  { votes }: WanObservation,
  family: Family,
  rules: Pick<DetectionSpec, "quorum" | "prefixLength">,
  plausibility: Plausibility,
): Verdict {
  return judgeVotes(plausibleVotes(votes, plausibility), family, rules);
}

/**
 * The votes that count, judged again: what may be believed can have changed since the node judged, and an observation
 * is somebody else's word.
 */
function plausibleVotes(votes: readonly Vote[], plausibility: Plausibility): Vote[] {
  return votes.filter((vote) => {
    const address = parseAddress(vote.address ?? "");
    return address !== undefined && plausibility.judge(address, vote.family).plausible;
  });
}
