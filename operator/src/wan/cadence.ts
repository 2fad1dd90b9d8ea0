import type { Random } from "../clock.ts";

/** Time between two rounds that something asked for at once, at least. */
const URGENT_SPACING_MS = 2000;
/** So many such rounds may follow each other closely; after that one a minute. */
const URGENT_BURST = 5;
const URGENT_REFILL_MS = 60_000;
/** After a round that settled nothing the next one comes sooner: after this, then twice this, up to the interval. */
const RETRY_BASE_MS = 5000;

export interface CadenceLimits {
  readonly intervalMs: number;
  readonly probeIntervalMs: number;
}

/**
 * When a node looks: pure, all times in milliseconds on the monotonic clock.
 *
 * Full rounds come every interval, a tenth of it more or less so that nodes do not march in step; sooner after one that
 * settled nothing. An urgent round (a probe that saw something else, a trigger) comes at once, but from a small
 * budget: a source that flaps, or nodes that disagree for good, cost at most one extra round a minute.
 */
export class Cadence {
  readonly #limits: () => CadenceLimits;
  readonly #random: Random;
  #nextProbeAt: number;
  #nextRoundAt: number;
  #urgent = false;
  #fruitless = 0;
  #lastRoundAt = -Infinity;
  #budget = URGENT_BURST;
  #budgetAt: number;

  /** The first round is due at once, the first probe at a random moment of its interval: the node's own phase. */
  constructor(limits: () => CadenceLimits, random: Random, now: number) {
    this.#limits = limits;
    this.#random = random;
    this.#nextRoundAt = now;
    this.#nextProbeAt = now + random() * limits().probeIntervalMs;
    this.#budgetAt = now;
  }

  /** What is due next, and when. A round that is due goes before a probe. */
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

  /** Whether the last round settled everything; if not, the next one comes soon anyway. */
  get calm(): boolean {
    return this.#fruitless === 0;
  }

  /** Asks for a round as soon as the budget allows one. */
  hurry(): void {
    this.#urgent = true;
  }

  /** @returns whether it is an urgent one */
  roundStarts(now: number): boolean {
    const urgent = this.#urgent;
    if (urgent && now < this.#nextRoundAt) this.#spend(now);
    this.#urgent = false;
    this.#lastRoundAt = now;
    return urgent;
  }

  /** @param settled whether every family that has ever answered is agreed on */
  roundEnded(now: number, settled: boolean): void {
    const { intervalMs } = this.#limits();
    const waitMs = settled ? intervalMs : Math.min(intervalMs, RETRY_BASE_MS * 2 ** Math.min(this.#fruitless, 20));
    this.#fruitless = settled ? 0 : this.#fruitless + 1;
    this.#nextRoundAt = now + waitMs * (0.9 + 0.2 * this.#random());
  }

  /** The next probe keeps the phase; those that a round or a slow probe has overrun are left out. */
  probed(now: number): void {
    const { probeIntervalMs } = this.#limits();
    const missed = Math.max(0, Math.floor((now - this.#nextProbeAt) / probeIntervalMs));
    this.#nextProbeAt += (missed + 1) * probeIntervalMs;
  }

  #urgentAt(now: number): number {
    const fromBudget = this.#available(now) >= 1 ? now : this.#budgetAt + (1 - this.#budget) * URGENT_REFILL_MS;
    return Math.max(fromBudget, this.#lastRoundAt + URGENT_SPACING_MS);
  }

  #available(now: number): number {
    return Math.min(URGENT_BURST, this.#budget + (now - this.#budgetAt) / URGENT_REFILL_MS);
  }

  #spend(now: number): void {
    this.#budget = Math.max(0, this.#available(now) - 1);
    this.#budgetAt = now;
  }
}
