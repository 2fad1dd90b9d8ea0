import { GANDI_REQUESTS_PER_MINUTE } from "@esddns/common/api";
import type { Clock } from "../runtime/clock.ts";

const DEFAULT_WINDOW_MS = 60_000;
/**
 * How long the limit stays lowered after Gandi answered "too many requests" and the pause that it asked for is over.
 */
const SLOWED_MS = 10 * 60_000;
/** A routine look leaves this share of the limit to changes. */
const KEPT_FOR_CHANGES = 0.4;
/** A refused change comes back at most this long after the time that it was given. */
const LATE_MS = 6_000;

/** Why no request may be sent now: the limit is reached, or Gandi itself asked for a pause. */
export interface BudgetRefusal {
  readonly because: "Spent" | "Paused";
  readonly waitMs: number;
}

/** Requests that may be sent whatever others send meanwhile. */
export interface Reservation {
  /**
   * Takes one request. Returns undefined if it may be sent now, otherwise the reason. When the reservation is used up
   * it takes from the budget like any other caller.
   */
  take(): BudgetRefusal | undefined;
  /** Returns unused requests to the budget. */
  release(): void;
}

/**
 * Allows at most `limit` requests in any `windowMs`, whatever the number of records. Bursts are free, unlike with a
 * token bucket, which would let through twice its size within one window.
 *
 * It never waits: a queued request could carry a value that is wrong by the time it is sent. A refused caller comes
 * back later and looks again.
 */
export class RateBudget {
  readonly #most: number;
  readonly #windowMs: number;
  readonly #clock: Clock;
  /** Monotonic times of the last requests, oldest first. */
  readonly #sent: number[] = [];
  /** Requests that are reserved and not sent yet. */
  #reserved = 0;
  #pausedUntil = -Infinity;
  /** Refused changes come back before this time. */
  #changesUntil = -Infinity;
  #slowed = { to: Infinity, until: -Infinity };

  constructor(clock: Clock, options: { limit: number; windowMs?: number }) {
    this.#clock = clock;
    this.#most = options.limit;
    this.#windowMs = options.windowMs ?? DEFAULT_WINDOW_MS;
  }

  /** How many requests may be sent within a window at present. */
  get limit(): number {
    return this.slowed ? this.#slowed.to : this.#most;
  }

  /** Whether the limit is below the configured one, because Gandi answered "too many requests". */
  get slowed(): boolean {
    return this.#clock.monotonic() < this.#slowed.until;
  }

  /**
   * Counts a request and returns undefined if it may be sent now. Otherwise returns the reason, and when one may be
   * sent.
   */
  take(): BudgetRefusal | undefined {
    const refusal = this.#refusal(1);
    if (refusal === undefined) this.#sent.push(this.#clock.monotonic());
    return refusal;
  }

  /**
   * Reserves requests for one piece of work, so that work that starts can also finish.
   *
   * @param urgency `look`: nothing is known to be wrong, and changes come first
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

  /** Returns how many requests may be sent now. */
  left(): number {
    return this.#clock.monotonic() < this.#pausedUntil ? 0 : Math.max(0, this.#free());
  }

  /**
   * Call when Gandi answered "too many requests". Nothing is sent for `pauseMs`, for any record, and the limit is
   * halved for ten minutes after that. Each further such answer halves it again.
   */
  slowDown(pauseMs: number): void {
    const now = this.#clock.monotonic();
    const least = Math.min(this.#most, GANDI_REQUESTS_PER_MINUTE.least);
    const to = Math.max(least, Math.floor(this.limit / 2));
    this.#pausedUntil = Math.max(this.#pausedUntil, now + pauseMs);
    this.#slowed = { to, until: this.#pausedUntil + SLOWED_MS };
  }

  /** Returns why `requests` may not be sent now. More than the limit is never required. */
  #refusal(requests: number): BudgetRefusal | undefined {
    const now = this.#clock.monotonic();
    const missing = Math.min(requests, this.limit) - this.#free();
    // If more are missing than were sent, the rest is reserved, and will be sent or returned soon.
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
