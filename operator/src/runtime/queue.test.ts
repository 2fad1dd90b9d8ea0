import { beforeEach, describe, expect, it } from "vitest";
import { WorkQueue } from "./queue.ts";
import { type VirtualClock, virtualClock } from "./testing.ts";

let clock: VirtualClock;
let queue: WorkQueue;
let done: string[];
const stop = new AbortController();
beforeEach(() => {
  clock = virtualClock();
  queue = new WorkQueue(clock);
  done = [];
});

const note = (key: string): Promise<void> => {
  done.push(`${key} ${clock.monotonic()}`);
  return Promise.resolve();
};

describe("WorkQueue", () => {
  it("works on each key when it is due", async () => {
    void queue.run(note, stop.signal);
    queue.add("late", 500);
    queue.add("early", 100);
    queue.add("now");
    await clock.run(1_000);
    expect(done).toEqual(["now 0", "early 100", "late 500"]);
  });

  it("brings a key forward, never back, and works on it once", async () => {
    void queue.run(note, stop.signal);
    queue.add("a", 1_000);
    queue.add("a", 200);
    queue.add("a", 5_000);
    await clock.run(10_000);
    expect(done).toEqual(["a 200"]);
  });

  it("comes back to a key that is asked for while it is worked on", async () => {
    const slow = async (key: string): Promise<void> => {
      await note(key);
      await clock.sleep(1_000);
    };
    void queue.run(slow, stop.signal);
    queue.add("a");
    await clock.run(500);
    queue.add("a");
    await clock.run(5_000);
    expect(done).toEqual(["a 0", "a 1000"]);
  });

  it("makes a step now and then although there is nothing to do, and ends by the signal", async () => {
    const ended = new AbortController();
    let steps = 0;
    const running = queue.run(note, ended.signal, () => steps++);
    await clock.run(60_000);
    expect(steps).toBeGreaterThanOrEqual(4);
    ended.abort();
    await running;
    queue.add("a");
    await clock.run(1_000);
    expect(done).toEqual([]);
  });
});
