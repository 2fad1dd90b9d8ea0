import type { Clock } from "./clock.ts";
import { pause } from "./wait.ts";

/** A loop that waits longer than this wakes up once in between to show that it is alive. Milliseconds. */
const LONGEST_WAIT_MS = 15_000;

/**
 * Requests to look at something again. Each is a key and a time. A second request for a waiting key can only bring it
 * forward. A request for a key in progress makes it run again afterwards.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #due = new Map<string, number>();
  #wake = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(key: string, delayMs = 0): void {
    const at = this.#clock.monotonic() + delayMs;
    if (at >= (this.#due.get(key) ?? Infinity)) return;
    this.#due.set(key, at);
    this.#wake.abort();
  }

  /** Works on one key at a time until the signal aborts. `work` must not reject. `onStep` is called at each turn. */
  async run(work: (key: string) => Promise<void>, signal: AbortSignal, onStep?: () => void): Promise<void> {
    while (!signal.aborted) {
      onStep?.();
      const next = this.#next();
      if (next !== undefined && next.waitMs <= 0) {
        this.#due.delete(next.key);
        await work(next.key);
        continue;
      }
      this.#wake = new AbortController();
      const waitMs = Math.min(next?.waitMs ?? Infinity, LONGEST_WAIT_MS);
      await pause(this.#clock, waitMs, AbortSignal.any([signal, this.#wake.signal]));
    }
  }

  #next(): { key: string; waitMs: number } | undefined {
    let first: { key: string; at: number } | undefined;
    for (const [key, at] of this.#due) if (first === undefined || at < first.at) first = { key, at };
    return first === undefined ? undefined : { key: first.key, waitMs: first.at - this.#clock.monotonic() };
  }
}
