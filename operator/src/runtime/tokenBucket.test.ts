import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenBucket } from "./tokenBucket.ts";

const SIZE = { burst: 3, refillMs: 5000 };

/** Returns those of the times at which there was a token. */
function taken(askedAt: readonly number[]): number[] {
  const bucket = new TokenBucket(SIZE);
  return askedAt.filter((at) => bucket.take(at));
}

describe("a token bucket", () => {
  it("gives a burst at once, and then one token in each refill time", () => {
    expect(taken([0, 0, 0, 0, 4999, 5000, 5000, 9999, 10_000])).toEqual([0, 0, 0, 5000, 10_000]);
  });

  it("fills up to its burst and no further", () => {
    expect(taken([0, 0, 0, 1e9, 1e9, 1e9, 1e9])).toEqual([0, 0, 0, 1e9, 1e9, 1e9]);
  });

  it("keeps the part of a token that has been refilled", () => {
    expect(taken([0, 0, 0, 7000, 9999, 10_000])).toEqual([0, 0, 0, 7000, 10_000]);
  });

  it("says when there is a token again", () => {
    const bucket = new TokenBucket(SIZE);
    expect(bucket.readyAt(100)).toBe(100);
    for (let i = 0; i < 3; i++) bucket.take(100);
    expect([bucket.readyAt(200), bucket.readyAt(5099), bucket.readyAt(5100)]).toEqual([5100, 5100, 5100]);
  });

  it("never gives more than its burst and one for each refill time, and none later than it said", () => {
    const steps = fc.array(fc.nat({ max: 20_000 }), { maxLength: 50 });
    fc.assert(
      fc.property(steps, (waits) => {
        const bucket = new TokenBucket(SIZE);
        const times: number[] = [];
        let now = 0;
        for (const wait of waits) {
          now += wait;
          if (bucket.take(now)) times.push(now);
          else expect(bucket.take(bucket.readyAt(now) - 1)).toBe(false);
        }
        times.forEach((from, i) => {
          times.slice(i).forEach((to, n) => {
            expect(n + 1).toBeLessThanOrEqual(SIZE.burst + (to - from) / SIZE.refillMs);
          });
        });
      }),
    );
  });
});
