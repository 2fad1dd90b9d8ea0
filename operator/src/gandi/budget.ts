import { GANDI_REQUESTS_PER_MINUTE } from "@esddns/common/api";
import type { Clock } from "../runtime/clock.ts";

const DEFAULT_WINDOW_MS = 60_000;
/** After Gandi answered "too many requests" and the pause that it asked for is over. */
const SLOWED_MS = 10 * 60_000;
/** A look that nothing calls for leaves this share of the limit to those who have something to write. */
const KEPT_FOR_CHANGES = 0.4;
/** A change that was refused has come back by so long after the time that it was told. */
const LATE_MS = 6_000;

/** Why no request may go out now: as many were sent as may be, or Gandi itself asked for a pause. */
export interface BudgetRefusal {
  readonly because: "Spent" | "Paused";
  readonly waitMs: number;
}

/** Requests that may go out whatever others send meanwhile. */
export interface Reservation {
  /** Undefined when a request may go out now; else why not. Takes from the budget like everybody once it is used up. */
  take(): BudgetRefusal | undefined;
  /** Gives back what was not used. */
  release(): void;
}

/**
 * At most `limit` requests in any `windowMs`, whatever the number of records: bursts are free, unlike with a bucket
 * that refills, which would let through twice its size within one window.
 *
 * It never waits. A queued request could carry a value that is wrong by the time it is sent; who is refused comes back
 * later and looks again.
 */
export class RateBudget {
  readonly #most: number;
  readonly #windowMs: number;
  readonly #clock: Clock;
  /** Monotonic times of the last requests, oldest first. */
  readonly #sent: number[] = [];
  /** Requests that are promised to reservations and not sent yet. */
  #reserved = 0;
  #pausedUntil = -Infinity;
  /** Changes were refused, and come back before this. */
  #changesUntil = -Infinity;
  #slowed = { to: Infinity, until: -Infinity };

  constructor(clock: Clock, options: { limit: number; windowMs?: number }) {
    this.#clock = clock;
    this.#most = options.limit;
    this.#windowMs = options.windowMs ?? DEFAULT_WINDOW_MS;
  }

  /** How many requests may go out within a window, as of now. */
  get limit(): number {
    return this.slowed ? this.#slowed.to : this.#most;
  }

  /** Whether the limit is lower than it was set, because Gandi answered "too many requests". */
  get slowed(): boolean {
    return this.#clock.monotonic() < this.#slowed.until;
  }

  /** Undefined when a request may go out now, which is then counted; else why not, and after how long one may. */
  take(): BudgetRefusal | undefined {
    const refusal = this.#refusal(1);
    if (refusal === undefined) this.#sent.push(this.#clock.monotonic());
    return refusal;
  }

  /**
   * Keeps so many requests free for one piece of work, so that what begins can also end.
   * @param urgency `look`: nothing is known to be wrong, and changes come first.
   */
  reserve(
    requests: number,
    urgency: "change" | "look",
  ): { ok: true; value: Reservation } | { ok: false; why: BudgetRefusal } {
    const why = urgency === "look" ? this.#refusalOfLook(requests) : this.#refusal(requests);
    if (why !== undefined) {
      if (urgency === "change") this.#changesUntil = this.#clock.monotonic() + why.waitMs + LATE_MS;
      return { ok: false, why };
    }
    let kept = Math.min(requests, this.limit);
    this.#reserved += kept;
    const use = (): BudgetRefusal | undefined => {
      if (kept === 0) return this.take();
      const waitMs = this.#pausedUntil - this.#clock.monotonic();
      if (waitMs > 0) return { because: "Paused", waitMs };
      kept--;
      this.#reserved--;
      this.#sent.push(this.#clock.monotonic());
      return undefined;
    };
    const release = (): void => {
      this.#reserved -= kept;
      kept = 0;
    };
    return { ok: true, value: { take: use, release } };
  }

  /** How many requests may go out now. */
  left(): number {
    return this.#clock.monotonic() < this.#pausedUntil ? 0 : Math.max(0, this.#free());
  }

  /**
   * Gandi answered "too many requests": for `pauseMs` nothing goes out, whichever record it is for, and half as much as
   * before in the ten minutes after that. Each further answer of this kind halves it again.
   */
  slowDown(pauseMs: number): void {
    const now = this.#clock.monotonic();
    const least = Math.min(this.#most, GANDI_REQUESTS_PER_MINUTE.least);
    const to = Math.max(least, Math.floor(this.limit / 2));
    this.#pausedUntil = Math.max(this.#pausedUntil, now + pauseMs);
    this.#slowed = { to, until: this.#pausedUntil + SLOWED_MS };
  }

  /** Why `requests` may not go out now; more than the limit is never asked for. */
  #refusal(requests: number): BudgetRefusal | undefined {
    const now = this.#clock.monotonic();
    const missing = Math.min(requests, this.limit) - this.#free();
    // What is missing beyond the requests that were sent is reserved, and will be sent or given back soon.
    const room = missing <= 0 ? -Infinity : (this.#sent[missing - 1] ?? now) + this.#windowMs;
    const waitMs = Math.max(room, this.#pausedUntil) - now;
    if (waitMs <= 0) return undefined;
    return { because: now < this.#pausedUntil ? "Paused" : "Spent", waitMs };
  }

  #refusalOfLook(requests: number): BudgetRefusal | undefined {
    const refusal = this.#refusal(Math.max(requests, Math.ceil(this.limit * KEPT_FOR_CHANGES)));
    const changesMs = this.#changesUntil - this.#clock.monotonic();
    if (changesMs <= (refusal?.waitMs ?? 0)) return refusal;
    return { because: refusal?.because ?? "Spent", waitMs: changesMs };
  }

  #free(): number {
    const since = this.#clock.monotonic() - this.#windowMs;
    const recent = this.#sent.findIndex((sent) => sent > since);
    this.#sent.splice(0, recent === -1 ? this.#sent.length : recent);
    return this.limit - this.#sent.length - this.#reserved;
  }
}
