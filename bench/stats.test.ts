import { expect, it } from "vitest";
import { firstLook, seededRandom, summarise } from "./stats.ts";

it("a slow change among twenty is the maximum, and not yet the 95th percentile", () => {
  const values = [...Array.from({ length: 19 }, (_, index) => 19 - index), 100];
  expect(summarise(values)).toEqual({ min: 1, median: 10, p90: 18, p95: 19, max: 100 });
});

it("one change is all of its distribution, and none is refused", () => {
  expect(summarise([7])).toEqual({ min: 7, median: 7, p90: 7, p95: 7, max: 7 });
  expect(() => summarise([])).toThrow(RangeError);
});

it("a poller alone sees half of all changes within half its interval, two phases see them sooner", () => {
  expect(firstLook(300, 1).median).toBeCloseTo(150);
  expect(firstLook(300, 1).p95).toBeCloseTo(285);
  const random = seededRandom(1);
  const waits = Array.from({ length: 100_000 }, () => 10 * Math.min(random(), random()));
  expect(summarise(waits).median).toBeCloseTo(firstLook(10, 2).median, 1);
  expect(summarise(waits).p95).toBeCloseTo(firstLook(10, 2).p95, 1);
});

it("the same seed gives the same numbers, another one others", () => {
  const three = (seed: number) => Array.from({ length: 3 }, seededRandom(seed));
  expect(three(1)).toEqual(three(1));
  expect(three(1)).not.toEqual(three(2));
});
