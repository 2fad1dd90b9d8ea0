import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffMs, pause, untilAborted, within } from "./wait.ts";
import { virtualClock } from "./testing.ts";

describe("backoffMs", () => {
  it("doubles up to its limit and takes off at most a half", () => {
    const limits = { baseMs: 500, maxMs: 30_000 };
    fc.assert(
      fc.property(fc.nat(5000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, random) => {
        const full = Math.min(30_000, 500 * 2 ** failures);
        const ms = backoffMs(failures, limits, () => random);
        expect(ms).toBeGreaterThanOrEqual(full / 2);
        expect(ms).toBeLessThanOrEqual(full);
      }),
    );
  });
});

describe("pause", () => {
  it("ends with the time or with the signal, without an error", async () => {
    const clock = virtualClock();
    const stop = new AbortController();
    const [short, long] = [pause(clock, 100, stop.signal), pause(clock, 1_000_000, stop.signal)];
    await clock.run(100);
    await short;
    stop.abort();
    await long;
    await pause(clock, 1_000, stop.signal);
  });
});

describe("within", () => {
  it("passes on the outcome in time", async () => {
    const never = new AbortController().signal;
    expect(await within(virtualClock(), 100, never, () => Promise.resolve(7))).toBe(7);
  });

  it("rejects when the time is over, even if the task does not listen", async () => {
    const clock = virtualClock();
    const task = within(clock, 100, new AbortController().signal, () => new Promise(() => undefined));
    const outcome = expect(task).rejects.toMatchObject({ name: "TimeoutError" });
    await clock.run(100);
    await outcome;
  });
});

describe("untilAborted", () => {
  it("gives up with the signal's reason", async () => {
    const stop = new AbortController();
    const waiting = untilAborted(new Promise(() => undefined), stop.signal);
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(untilAborted(Promise.resolve(1), stop.signal)).rejects.toThrow("enough");
  });
});
