import type { Confirmation, DetectionSpec, Family, Vote } from "@esddns/common/api";
import type { Clock } from "../runtime/clock.ts";
import type { QuorumVerdict } from "./quorum.ts";
import { valueOf } from "./quorum.ts";

/** Rounds that follow each other more closely than this count as one. Milliseconds. */
const APART_MS = 60_000;
/** The count stops here: no spec can ask for more. */
const MOST_ROUNDS = 20;

/** Counts for one node how many full rounds in a row had the same result. */
export class Confirmations {
  readonly #clock: Clock;
  readonly #held = new Map<Family, { confirmation: Confirmation; countedAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes in a full round. Returns the value of the quorum for each family that has one. */
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
 * Reports whether a verdict without an authenticated vote counts nevertheless. It does if the spec allows that and the
 * node came to the same value in as many rounds as the spec asks for.
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

/**
 * Returns the value that a round confirms. A value without any authenticated vote is not confirmed if an authenticated
 * vote contradicts it.
 */
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
