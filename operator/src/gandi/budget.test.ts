import fc from "fast-check";
import { expect, test } from "vitest";
import { RateBudget } from "./budget.ts";
import { virtualClock } from "../testing.ts";

test("a burst goes through up to the limit, the next one when the first is a window old", () => {
  const clock = virtualClock();
  const budget = new RateBudget(clock, { limit: 3, windowMs: 60_000 });
  expect([budget.take(), budget.take(), budget.take()]).toEqual([undefined, undefined, undefined]);
  clock.advance(10_000);
  expect(budget.take()).toEqual({ because: "Spent", waitMs: 50_000 });
  clock.advance(49_999);
  expect(budget.take()).toEqual({ because: "Spent", waitMs: 1 });
  clock.advance(1);
  expect(budget.take()).toBeUndefined();
});

test("a pause holds even where there is budget, and a shorter one does not end it", () => {
  const clock = virtualClock();
  const budget = new RateBudget(clock, { limit: 1 });
  budget.pause(30_000);
  budget.pause(1_000);
  expect(budget.take()).toEqual({ because: "Paused", waitMs: 30_000 });
  clock.advance(30_000);
  expect(budget.take()).toBeUndefined();
});

test("a pause is called so also where the limit is reached, until it is over", () => {
  const clock = virtualClock();
  const budget = new RateBudget(clock, { limit: 1, windowMs: 60_000 });
  budget.take();
  budget.pause(30_000);
  expect(budget.take()).toEqual({ because: "Paused", waitMs: 60_000 });
  clock.advance(30_000);
  expect(budget.take()).toEqual({ because: "Spent", waitMs: 30_000 });
});

test("no window ever holds more than the limit, and who waits as told gets through", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.integer({ min: 0, max: 90 })), (limit, steps) => {
      const clock = virtualClock();
      const budget = new RateBudget(clock, { limit, windowMs: 100 });
      const sent: number[] = [];
      for (const step of steps) {
        clock.advance(step);
        if (budget.take() === undefined) sent.push(clock.monotonic());
      }
      for (const start of sent) {
        expect(sent.filter((time) => time >= start && time < start + 100).length).toBeLessThanOrEqual(limit);
      }
      const refusal = budget.take();
      clock.advance(refusal?.waitMs ?? 0);
      if (refusal !== undefined) expect(budget.take()).toBeUndefined();
    }),
  );
});
