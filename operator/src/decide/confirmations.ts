import type { Confirmation, DetectionSpec, Family, Vote } from "@esddns/common/api";
import type { Clock } from "../runtime/clock.ts";
import type { QuorumVerdict } from "./quorum.ts";
import { valueOf } from "./quorum.ts";

/** Rounds that follow each other more closely count as one, milliseconds. */
const APART_MS = 60_000;
/** More is not counted: as many as a spec can ask for. */
const MOST_ROUNDS = 20;

/** Counts for one node how often in a row its full rounds came to the same. */
export class Confirmations {
  readonly #clock: Clock;
  readonly #held = new Map<Family, { confirmation: Confirmation; countedAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes in a full round; gives what its quorums tell, for each family that has one. */
  learn(votes: readonly Vote[], verdicts: ReadonlyMap<Family, QuorumVerdict>, spec: DetectionSpec): Confirmation[] {
    const now = this.#clock.monotonic();
    for (const [family, verdict] of verdicts) {
      const value = quorumValue(votes, family, verdict, spec);
      const held = this.#held.get(family);
      if (value === undefined) this.#held.delete(family);
      else if (held?.confirmation.value !== value) {
        const confirmation = { family, value, since: new Date(this.#clock.now()).toISOString(), rounds: 1 };
        this.#held.set(family, { confirmation, countedAt: now });
      } else if (now - held.countedAt >= APART_MS) {
        const rounds = Math.min(held.confirmation.rounds + 1, MOST_ROUNDS);
        this.#held.set(family, { confirmation: { ...held.confirmation, rounds }, countedAt: now });
      }
    }
    return [...this.#held.values()]
      .map(({ confirmation }) => confirmation)
      .filter(({ family }) => verdicts.has(family));
  }
}

/**
 * Whether a verdict without an authenticated vote counts all the same: where that is allowed, and the node has come to
 * the same value in as many rounds as are asked for.
 */
export function isConfirmed(
  verdict: QuorumVerdict,
  family: Family,
  confirmations: readonly Confirmation[],
  spec: Pick<DetectionSpec, "allowUnauthenticated" | "confirmations">,
): boolean {
  if (!spec.allowUnauthenticated || verdict.kind !== "Unauthenticated") return false;
  const confirmation = confirmations.find((one) => one.family === family && one.value === verdict.value);
  return confirmation !== undefined && confirmation.rounds >= spec.confirmations;
}

/** A value that has no authenticated vote, and one against it, is not on the way to be believed. */
function quorumValue(
  votes: readonly Vote[],
  family: Family,
  verdict: QuorumVerdict,
  { prefixLength }: DetectionSpec,
): string | undefined {
  if (verdict.kind === "Agreed") return verdict.value;
  if (verdict.kind !== "Unauthenticated") return undefined;
  const contradicted = votes.some(
    (vote) => vote.authenticated && vote.family === family && valueOf(vote, prefixLength),
  );
  return contradicted ? undefined : verdict.value;
}
