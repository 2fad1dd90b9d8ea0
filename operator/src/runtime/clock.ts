import { setTimeout as delay } from "node:timers/promises";

/** Time for everything in the operator, so that tests can run on a clock of their own. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch: for timestamps that people and other pods read. */
  now(): number;
  /** Monotonic clock, milliseconds since some fixed point: for every duration and deadline. */
  monotonic(): number;
  /**
   * Resolves after `ms`, or after MAX_SLEEP_MS if that is shorter. Rejects with the signal's reason if it aborts first.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Random numbers in [0, 1), for jitter and phases; never for anything secret. */
export type Random = () => number;

/** The longest time that a Node timer can wait, 24.8 days. Node treats a longer one as 1 ms, and a loop would spin. */
const MAX_SLEEP_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(Math.min(ms, MAX_SLEEP_MS), undefined, signal === undefined ? {} : { signal });
  },
};
