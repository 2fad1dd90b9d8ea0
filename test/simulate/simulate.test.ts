import { expect, it } from "vitest";
import { simulate } from "./simulate.ts";

it("100 000 rounds among liars and forgers: no wrong address is decided, and in a calm the right one is", () => {
  const { rounds, failure, counts } = simulate(20_260_301, (done) => done >= 100_000);
  expect(failure).toBeUndefined();
  expect(rounds).toBeGreaterThanOrEqual(100_000);
  for (const attack of ["none", "liars", "spoofer"]) {
    expect(counts.get(`${attack}: changes`)).toBeGreaterThan(500);
    expect(counts.get(`${attack}: worlds that can know`)).toBeGreaterThan(200);
  }
}, 120_000);

it("the same seed gives the same worlds", () => {
  const run = (seed: number) => [...simulate(seed, (rounds) => rounds >= 1000).counts].sort();
  expect(run(1)).toEqual(run(1));
  expect(run(1)).not.toEqual(run(2));
});
