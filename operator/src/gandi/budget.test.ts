import fc from "fast-check";
import { expect, test } from "vitest";
import { RateBudget, type Reservation } from "./budget.ts";
import { virtualClock } from "../runtime/testing.ts";

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
  budget.slowDown(30_000);
  budget.slowDown(1_000);
  expect(budget.take()).toEqual({ because: "Paused", waitMs: 30_000 });
  clock.advance(30_000);
  expect(budget.take()).toBeUndefined();
});

test("a pause is called so also where the limit is reached, until it is over", () => {
  const clock = virtualClock();
  const budget = new RateBudget(clock, { limit: 1, windowMs: 60_000 });
  budget.take();
  budget.slowDown(30_000);
  expect(budget.take()).toEqual({ because: "Paused", waitMs: 60_000 });
  clock.advance(30_000);
  expect(budget.take()).toEqual({ because: "Spent", waitMs: 30_000 });
});

function reserved(budget: RateBudget, requests: number, urgency: "change" | "look" = "change"): Reservation {
  const result = budget.reserve(requests, urgency);
  return result.ok ? result.value : expect.unreachable();
}

test("what is reserved is there whatever others send, and what is not used comes back", () => {
  const budget = new RateBudget(virtualClock(), { limit: 5 });
  const turn = reserved(budget, 3);
  expect([budget.left(), budget.take(), budget.take()]).toEqual([2, undefined, undefined]);
  expect(budget.take()).toMatchObject({ because: "Spent" });
  expect([turn.take(), turn.take()]).toEqual([undefined, undefined]);
  turn.release();
  turn.release();
  expect(budget.left()).toBe(1);
});

test("a reservation that is used up goes on as everybody does", () => {
  const budget = new RateBudget(virtualClock(), { limit: 3 });
  const turn = reserved(budget, 1);
  expect([turn.take(), turn.take(), turn.take()]).toEqual([undefined, undefined, undefined]);
  expect(turn.take()).toMatchObject({ because: "Spent" });
});

test("nothing is reserved that does not fit, and it is told when it will", () => {
  const clock = virtualClock();
  const budget = new RateBudget(clock, { limit: 4, windowMs: 60_000 });
  for (let i = 0; i < 3; i++) {
    budget.take();
    clock.advance(10_000);
  }
  expect(budget.reserve(3, "change")).toEqual({ ok: false, why: { because: "Spent", waitMs: 40_000 } });
  expect(budget.take()).toBeUndefined();
  clock.advance(40_000);
  expect(budget.reserve(2, "change").ok).toBe(true);
});

test("looks leave two fifths of the limit to changes", () => {
  const budget = new RateBudget(virtualClock(), { limit: 10 });
  const looks = Array.from({ length: 10 }, () => {
    const look = budget.reserve(4, "look");
    return look.ok && look.value.take() === undefined && (look.value.release(), true);
  });
  expect(looks.filter(Boolean)).toHaveLength(7);
  expect(budget.reserve(3, "change").ok).toBe(true);
});

test("looks wait for changes that wait", () => {
  const clock = virtualClock();
  const budget = new RateBudget(clock, { limit: 10, windowMs: 60_000 });
  for (let i = 0; i < 8; i++) budget.take();
  expect(budget.reserve(4, "change")).toMatchObject({ why: { waitMs: 60_000 } });
  clock.advance(60_000);
  expect(budget.reserve(4, "look")).toMatchObject({ ok: false });
  expect(budget.reserve(4, "change").ok).toBe(true);
  clock.advance(60_000);
  expect(budget.reserve(4, "look").ok).toBe(true);
});

test("too many requests: half the rate for ten minutes after the pause, half of that for the next one, never less than 10", () => {
  const clock = virtualClock();
  const budget = new RateBudget(clock, { limit: 300 });
  const limits = Array.from({ length: 6 }, () => {
    budget.slowDown(30_000);
    clock.advance(30_000);
    expect(budget.left()).toBe(budget.limit);
    return budget.limit;
  });
  expect(limits).toEqual([150, 75, 37, 18, 10, 10]);
  clock.advance(10 * 60_000 - 1);
  expect([budget.limit, budget.slowed]).toEqual([10, true]);
  clock.advance(1);
  expect([budget.limit, budget.slowed]).toEqual([300, false]);
});

test("nothing is free, and not less than that, while more was sent than the slowed limit allows", () => {
  const clock = virtualClock();
  const budget = new RateBudget(clock, { limit: 300 });
  for (let i = 0; i < 200; i++) budget.take();
  budget.slowDown(0);
  expect([budget.limit, budget.left()]).toEqual([150, 0]);
});

test("work that takes more than the limit begins when the whole limit is free", () => {
  const clock = virtualClock();
  const budget = new RateBudget(clock, { limit: 3, windowMs: 60_000 });
  budget.take();
  expect(budget.reserve(4, "change")).toEqual({ ok: false, why: { because: "Spent", waitMs: 60_000 } });
  clock.advance(60_000);
  const turn = reserved(budget, 4);
  expect(budget.left()).toBe(0);
  turn.release();
  expect(budget.left()).toBe(3);
});

test("a pause holds for what is reserved, too", () => {
  const clock = virtualClock();
  const budget = new RateBudget(clock, { limit: 10 });
  const turn = reserved(budget, 2);
  budget.slowDown(30_000);
  expect(turn.take()).toEqual({ because: "Paused", waitMs: 30_000 });
  clock.advance(30_000);
  expect(turn.take()).toBeUndefined();
});

test("no window ever holds more than the limit, whatever is reserved and given back", () => {
  const step = fc.record({
    ms: fc.integer({ min: 0, max: 90 }),
    reserve: fc.integer({ min: 0, max: 4 }),
    use: fc.integer({ min: 0, max: 5 }),
    release: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step), (limit, steps) => {
      const clock = virtualClock();
      const budget = new RateBudget(clock, { limit, windowMs: 100 });
      const sent: number[] = [];
      const turns: Reservation[] = [];
      for (const { ms, reserve, use, release } of steps) {
        clock.advance(ms);
        const turn = budget.reserve(reserve, "change");
        if (turn.ok) turns.push(turn.value);
        for (let i = 0; i < use; i++) {
          if ((turns[i % turns.length] ?? budget).take() === undefined) sent.push(clock.monotonic());
        }
        if (release) turns.shift()?.release();
      }
      for (const start of sent) {
        expect(sent.filter((time) => time >= start && time < start + 100).length).toBeLessThanOrEqual(limit);
      }
    }),
  );
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
