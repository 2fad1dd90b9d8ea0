import type { Clock } from "../clock.ts";

const DEFAULT_WINDOW_MS = 60_000;

/** Why no request may go out now: as many were sent as may be, or Gandi itself asked for a pause. */
export interface Refusal {
  readonly because: "Spent" | "Paused";
  readonly waitMs: number;
}

/**
 * At most `limit` requests in any `windowMs`, whatever the number of records: bursts are free, unlike with a bucket
 * that refills, which would let through twice its size within one window.
 *
 * It never waits. A request that waited would go out with an answer that had been right when it was queued; who is
 * refused comes back later and looks again.
 */
export class RateBudget {
  readonly limit: number;
  readonly #windowMs: number;
  readonly #clock: Clock;
  /** Monotonic times of the last requests, oldest first, never more than `limit`. */
  readonly #sent: number[] = [];
  #pausedUntil = -Infinity;

  constructor(clock: Clock, options: { limit: number; windowMs?: number }) {
    this.#clock = clock;
    this.limit = options.limit;
    this.#windowMs = options.windowMs ?? DEFAULT_WINDOW_MS;
  }

  /** Undefined when a request may go out now, which is then counted; else why not, and after how long one may. */
  take(): Refusal | undefined {
    const now = this.#clock.monotonic();
    const oldest = this.#sent.length < this.limit ? -Infinity : (this.#sent[0] ?? -Infinity);
    const waitMs = Math.max(oldest + this.#windowMs, this.#pausedUntil) - now;
    if (waitMs > 0) return { because: now < this.#pausedUntil ? "Paused" : "Spent", waitMs };
    this.#sent.push(now);
    if (this.#sent.length > this.limit) this.#sent.shift();
    return undefined;
  }

  /** How many requests may go out now. */
  left(): number {
    const now = this.#clock.monotonic();
    if (now < this.#pausedUntil) return 0;
    return this.limit - this.#sent.filter((sent) => sent + this.#windowMs > now).length;
  }

  /** Gandi itself asked for a pause: it holds for every record. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.monotonic() + ms);
  }
}
