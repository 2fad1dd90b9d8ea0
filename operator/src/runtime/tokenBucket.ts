/** `burst` events at once, then one in each `refillMs`. */
export interface BucketSize {
  readonly burst: number;
  readonly refillMs: number;
}

/** Limits how often something happens. Pure: all times are milliseconds on the monotonic clock. */
export class TokenBucket {
  readonly #size: BucketSize;
  /** When the bucket is full again if nothing is taken. One time says all, so no fraction of a token is rounded. */
  #fullAt = -Infinity;

  constructor(size: BucketSize) {
    this.#size = size;
  }

  /** Returns the earliest time at which a token can be taken: `now` if there is one. */
  readyAt(now: number): number {
    const { burst, refillMs } = this.#size;
    return Math.max(now, this.#fullAt - (burst - 1) * refillMs);
  }

  /** Takes a token if there is one, and reports whether it did. */
  take(now: number): boolean {
    if (this.readyAt(now) > now) return false;
    this.#fullAt = Math.max(now, this.#fullAt) + this.#size.refillMs;
    return true;
  }
}
