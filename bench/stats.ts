/** Distributions, and the ones that follow from an interval alone. Pure. */

export interface Summary {
  readonly min: number;
  readonly median: number;
  readonly p90: number;
  readonly p95: number;
  readonly max: number;
}

/** Quantiles by nearest rank: every number is one of `values`. @throws {RangeError} when there is none. */
export function summarise(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (share: number): number => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    if (value === undefined) throw new RangeError("no values to summarise");
    return value;
  };
  return { min: rank(0), median: rank(0.5), p90: rank(0.9), p95: rank(0.95), max: rank(1) };
}

/** One line for each distribution, below one with the names of the figures; all in seconds. */
export function table(rows: readonly (readonly [name: string, seconds: Summary])[]): string {
  const lines = rows.map(([name, { min, median, p90, p95, max }]) => {
    const figures = [min, median, p90, p95, max].map((value) => value.toFixed(1).padStart(8));
    return name.padEnd(58) + figures.join("");
  });
  return [`${"seconds".padEnd(58)}     min  median     p90     p95     max`, ...lines].join("\n");
}

/**
 * How long `lookers`, each looking once per `interval` at a phase of its own, take to see a change at a random moment:
 * the first of n uniform waits is longer than t with probability (1 - t / interval)^n. In the unit of `interval`.
 */
export function firstLook(interval: number, lookers: number): Summary {
  const quantile = (share: number): number => interval * (1 - (1 - share) ** (1 / lookers));
  return { min: 0, median: quantile(0.5), p90: quantile(0.9), p95: quantile(0.95), max: interval };
}

/** Numbers of [0, 1) that a seed repeats: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
