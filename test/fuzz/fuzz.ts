import { diceOf, mutant } from "./mutate.ts";
import { type Target, TARGETS } from "./targets.ts";

/** Far more than any message takes, even on a machine that is busy with other things; milliseconds. */
const SLOW_MS = 1000;

export interface FuzzResult {
  readonly messages: number;
  /** How often each target gave each kind of answer. */
  readonly answers: ReadonlyMap<string, number>;
  /** The first one; the run ends with it. */
  readonly failure?: { readonly target: string; readonly message: string; readonly hex: string };
}

/**
 * Hands mutants to every target in turn until `enough` says so, or something does not hold.
 *
 * @param enough gets the number of messages so far
 */
export function fuzz(seed: number, enough: (messages: number) => boolean): FuzzResult {
  const dice = diceOf(seed);
  const answers = new Map<string, number>();
  let messages = 0;
  while (!enough(messages)) {
    const target = TARGETS[messages % TARGETS.length] as Target;
    const bytes = mutant(target.corpus, dice, target.mend);
    messages++;
    const startedAt = performance.now();
    try {
      const answer = `${target.name}: ${target.check(bytes, dice)}`;
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      if (performance.now() - startedAt > SLOW_MS) throw new Error(`took more than ${SLOW_MS} ms`);
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { messages, answers, failure: { target: target.name, message, hex: Buffer.from(bytes).toString("hex") } };
    }
  }
  return { messages, answers };
}
