import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CadenceLimits, RoundResult } from "./cadence.ts";
import { Cadence } from "./cadence.ts";

const limits: CadenceLimits = { intervalMs: 300_000, probeIntervalMs: 10_000 };
/** In the middle: no jitter, and half a probe interval of phase. */
const middle = (): number => 0.5;

/** A cadence whose first round, at 0, took 100 ms and settled everything. */
function started(result: RoundResult = "settled"): Cadence {
  const cadence = new Cadence(() => limits, middle, 0);
  cadence.roundStarts(0);
  cadence.roundEnded(100, result);
  return cadence;
}

/** Plays the cadence until `untilMs`; each round takes 100 ms. Returns when rounds began, and probes. */
function play(
  cadence: Cadence,
  untilMs: number,
  world: { result?: (now: number) => RoundResult; alarm?: (now: number) => boolean },
): { rounds: number[]; probes: number[] } {
  const seen = { rounds: [] as number[], probes: [] as number[] };
  for (let now = 100; ;) {
    const { action, at } = cadence.next(now);
    if (at > untilMs) return seen;
    now = Math.max(now, at);
    if (action === "probe") {
      seen.probes.push(now);
      if (world.alarm?.(now) === true) cadence.hurry();
      cadence.probed(now);
    } else {
      seen.rounds.push(now);
      cadence.roundStarts(now);
      now += 100;
      cadence.roundEnded(now, world.result?.(now) ?? "settled");
    }
  }
}

describe("Cadence", () => {
  it("begins with a round", () => {
    expect(new Cadence(() => limits, middle, 77).next(77)).toEqual({ action: "round", at: 77 });
  });

  it("probes in a phase of its own, and looks fully every interval", () => {
    const { rounds, probes } = play(started(), 610_000, {});
    expect(rounds).toEqual([300_100, 600_200]);
    expect(probes.slice(0, 3)).toEqual([5000, 15_000, 25_000]);
    expect(probes).toHaveLength(61);
    const other = new Cadence(
      () => limits,
      () => 0.25,
      0,
    );
    other.roundStarts(0);
    other.roundEnded(100, "settled");
    expect(other.next(100)).toEqual({ action: "probe", at: 2500 });
  });

  it("varies the interval by a tenth", () => {
    for (const [random, at] of [
      [0, 270_100],
      [1, 330_100],
    ] as const) {
      const cadence = new Cadence(
        () => limits,
        () => random,
        0,
      );
      cadence.roundStarts(0);
      cadence.roundEnded(100, "settled");
      const { rounds } = play(cadence, at, {});
      expect(rounds).toEqual([at]);
    }
  });

  it("after a round that settled nothing looks again soon and then twice a minute: what was in the way may be gone", () => {
    const { rounds } = play(started("doubtful"), 200_000, { result: () => "doubtful" });
    const gaps = rounds.map((at, i) => at - (rounds[i - 1] ?? 0) - 100);
    expect(gaps).toEqual([5000, 10_000, 20_000, 30_000, 30_000, 30_000, 30_000, 30_000]);
  });

  it("in a silence comes back ever later: a probe will tell when it ends", () => {
    const { rounds } = play(started("silent"), 1_300_000, { result: () => "silent" });
    const gaps = rounds.map((at, i) => at - (rounds[i - 1] ?? 0) - 100);
    expect(gaps).toEqual([5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
  });

  it("spares the servers after an hour in which that did not help", () => {
    const { rounds } = play(started("doubtful"), 7_200_000, { result: () => "doubtful" });
    const lastHour = rounds.filter((at) => at > 3_700_000);
    expect(rounds.length - lastHour.length).toBeLessThanOrEqual(125);
    expect(lastHour.length).toBeLessThanOrEqual(13);
  });

  it("and is back to the interval once settled", () => {
    const { rounds } = play(started("doubtful"), 400_000, { result: (now) => (now > 10_000 ? "settled" : "doubtful") });
    expect(rounds).toEqual([5100, 15_200, 315_300]);
  });

  it("hurries at once", () => {
    const { rounds } = play(started(), 60_000, { alarm: (now) => now === 25_000 });
    expect(rounds).toEqual([25_000]);
  });

  it("not within two seconds of the last round", () => {
    const cadence = started();
    cadence.hurry();
    expect(cadence.next(100)).toEqual({ action: "round", at: 2000 });
  });

  it("keeps a wish that comes during a round, once", () => {
    const cadence = started();
    cadence.probed(15_000);
    cadence.roundStarts(20_000);
    cadence.hurry();
    cadence.hurry();
    cadence.roundEnded(20_100, "settled");
    expect(cadence.next(20_100)).toEqual({ action: "round", at: 22_000 });
    cadence.roundStarts(22_000);
    cadence.roundEnded(22_100, "settled");
    expect(cadence.next(22_100).action).toBe("probe");
  });

  it("a source that flaps for good costs five rounds, then one a minute", () => {
    const { rounds } = play(started(), 3_600_000, { alarm: () => true });
    expect(rounds.slice(0, 5)).toEqual([5000, 15_000, 25_000, 35_000, 45_000]);
    expect(rounds.length).toBeLessThanOrEqual(5 + 60 + 12);
    for (let i = 8; i < rounds.length; i++) expect((rounds[i] ?? 0) - (rounds[i - 2] ?? 0)).toBeGreaterThan(55_000);
  });

  it("a calm hour later the budget is full again", () => {
    const cadence = started();
    const burst = (from: number): number[] => {
      const at: number[] = [];
      for (let now = from; at.length < 5;) {
        cadence.hurry();
        const next = cadence.next(now);
        now = Math.max(now, next.at);
        if (next.action === "probe") {
          cadence.probed(now);
          continue;
        }
        at.push(now);
        cadence.roundStarts(now);
        cadence.roundEnded(now, "settled");
      }
      return at.map((ms) => ms - from);
    };
    expect(burst(10_000)).toEqual([0, 2000, 4000, 6000, 8000]);
    expect(burst(3_600_000)).toEqual([0, 2000, 4000, 6000, 8000]);
  });

  it("leaves out probes that were overrun, and keeps the phase", () => {
    const cadence = started();
    cadence.probed(38_000);
    expect(cadence.next(38_000)).toEqual({ action: "probe", at: 45_000 });
  });

  it("follows shorter intervals of a new spec", () => {
    let current = limits;
    const cadence = new Cadence(() => current, middle, 0);
    cadence.roundStarts(0);
    cadence.roundEnded(0, "settled");
    current = { intervalMs: 30_000, probeIntervalMs: 1000 };
    expect(cadence.next(0)).toEqual({ action: "probe", at: 1000 });
    expect(play(cadence, 34_000, {}).rounds).toHaveLength(1);
  });

  it("whatever happens: rounds stay within the budget, and none is ever further away than the interval", () => {
    const moves = fc.array(fc.tuple(fc.constantFrom("settled", "doubtful", "silent"), fc.boolean()), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(moves, fc.double({ min: 0, max: 1, noNaN: true }), (script, random) => {
        const cadence = new Cadence(
          () => limits,
          () => random,
          0,
        );
        let step = 0;
        const at = (): [RoundResult, boolean] => script[step++ % script.length] ?? ["settled", true];
        const { rounds } = play(cadence, 1_800_000, { result: () => at()[0], alarm: () => at()[1] });
        for (let i = 1; i < rounds.length; i++) {
          const gap = (rounds[i] ?? 0) - (rounds[i - 1] ?? 0);
          expect(gap).toBeGreaterThanOrEqual(2000);
          expect(gap).toBeLessThanOrEqual(1.1 * limits.intervalMs + 100);
          expect((rounds[i + 12] ?? Infinity) - (rounds[i] ?? 0)).toBeGreaterThan(60_000);
        }
      }),
    );
  });
});
