import { setTimeout as delay } from "node:timers/promises";

/** Time as everything in the operator sees it, so that tests run on a clock of their own. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch: for timestamps that people and other pods read. */
  now(): number;
  /** Monotonic clock, milliseconds since some fixed point: for every duration and deadline. */
  monotonic(): number;
  /** Resolves after `ms`, or after MAX_SLEEP_MS if that is shorter; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Random numbers in [0, 1), for jitter and phases; never for anything secret. */
export type Random = () => number;

/** The longest that a timer of Node can wait, 24.8 days: it takes anything longer for 1 ms, and a loop would spin. */
const MAX_SLEEP_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(Math.min(ms, MAX_SLEEP_MS), undefined, signal === undefined ? {} : { signal });
  },
};
