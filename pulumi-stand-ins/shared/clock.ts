/** Time as the stand-ins see it, so that tests need no waiting. */
import { setTimeout as delay } from "node:timers/promises";

export interface Clock {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal });
  },
};
