import { setTimeout as delay } from "node:timers/promises";

/** Time as everything in the operator sees it, so that tests run on a clock of their own. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch: for timestamps that people and other pods read. */
  now(): number;
  /** Monotonic clock, milliseconds since some fixed point: for every duration and deadline. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Random numbers in [0, 1), for jitter and phases; never for anything secret. */
export type Random = () => number;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  },
};
