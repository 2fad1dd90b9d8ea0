import type { Random } from "../runtime/clock.ts";
import { TokenBucket } from "../runtime/tokenBucket.ts";

/** The least time between two rounds that were requested urgently. */
const URGENT_SPACING_MS = 2000;
/** So many urgent rounds may follow each other closely. After that there is one a minute. */
const URGENT_BUDGET = { burst: 5, refillMs: 60_000 };
/**
 * After a round that settled nothing the next one comes sooner: after 5 s, then 10, then 20. While answers differ it
 * stays at 30 s. If that has not helped for about an hour, waiting does not fix the fault, and public servers are
 * spared. During silence the time doubles further, up to the interval: probes notice when the silence ends.
 */
const RETRY = { baseMs: 5000, maxMs: 30_000, times: 120 };

/**
 * The result of a round. Settled: everything is agreed. Doubtful: there are answers, but no agreed value. Silent: a
 * family has no answers any more.
 */
export type RoundResult = "settled" | "doubtful" | "silent";

export interface CadenceLimits {
  readonly intervalMs: number;
  readonly probeIntervalMs: number;
}

/**
 * Decides when a node looks. Pure: all times are milliseconds on the monotonic clock.
 *
 * Full rounds come every interval, plus or minus a tenth so that nodes do not march in step. After a round that settled
 * nothing the next one comes sooner. An urgent round (a probe saw another address, a trigger) comes at once, but from a
 * small budget: a source that flaps, or nodes that disagree permanently, cost at most one extra round a minute. In
 * total a source is asked at most 12 times in any minute. During lasting doubt it is asked three times a minute for an
 * hour.
 */
export class Cadence {
  readonly #limits: () => CadenceLimits;
  readonly #random: Random;
  #nextProbeAt: number;
  #nextRoundAt: number;
  #urgent = false;
  #fruitless = 0;
  #lastRoundAt = -Infinity;
  readonly #budget = new TokenBucket(URGENT_BUDGET);

  /**
   * The first round is due at once. The first probe is due at a random moment of its interval, so that each node has
   * its own phase.
   */
  constructor(limits: () => CadenceLimits, random: Random, now: number) {
    this.#limits = limits;
    this.#random = random;
    this.#nextRoundAt = now;
    this.#nextProbeAt = now + random() * limits().probeIntervalMs;
  }

  /** Returns what is due next, and when. A round that is due goes before a probe. */
  next(now: number): { readonly action: "round" | "probe"; readonly at: number } {
    // A shorter interval in the spec counts from now, not only after the next round.
    const { intervalMs, probeIntervalMs } = this.#limits();
    this.#nextRoundAt = Math.min(this.#nextRoundAt, now + 1.1 * intervalMs);
    this.#nextProbeAt = Math.min(this.#nextProbeAt, now + probeIntervalMs);
    const roundAt = this.#urgent ? Math.min(this.#nextRoundAt, this.#urgentAt(now)) : this.#nextRoundAt;
    return roundAt <= Math.max(now, this.#nextProbeAt)
      ? { action: "round", at: roundAt }
      : { action: "probe", at: this.#nextProbeAt };
  }

  /** Whether the last round settled everything. If not, the next one comes soon anyway. */
  get calm(): boolean {
    return this.#fruitless === 0;
  }

  /** Asks for a round as soon as the budget allows one. */
  hurry(): void {
    this.#urgent = true;
  }

  /** @returns whether this round is urgent */
  roundStarts(now: number): boolean {
    const urgent = this.#urgent;
    if (urgent && now < this.#nextRoundAt) this.#budget.take(now);
    this.#urgent = false;
    this.#lastRoundAt = now;
    return urgent;
  }

  roundEnded(now: number, result: RoundResult): void {
    const waitMs = this.#waitMs(result);
    this.#fruitless = result === "settled" ? 0 : this.#fruitless + 1;
    this.#nextRoundAt = now + waitMs * (0.9 + 0.2 * this.#random());
  }

  /** The next probe keeps the phase. Probes that a round or a slow probe has overrun are skipped. */
  probed(now: number): void {
    const { probeIntervalMs } = this.#limits();
    const missed = Math.max(0, Math.floor((now - this.#nextProbeAt) / probeIntervalMs));
    this.#nextProbeAt += (missed + 1) * probeIntervalMs;
  }

  #waitMs(result: RoundResult): number {
    const { intervalMs } = this.#limits();
    if (result === "settled" || (result === "doubtful" && this.#fruitless >= RETRY.times)) return intervalMs;
    const mostMs = result === "doubtful" ? Math.min(intervalMs, RETRY.maxMs) : intervalMs;
    return Math.min(mostMs, RETRY.baseMs * 2 ** Math.min(this.#fruitless, 20));
  }

  #urgentAt(now: number): number {
    return Math.max(this.#budget.readyAt(now), this.#lastRoundAt + URGENT_SPACING_MS);
  }
}
