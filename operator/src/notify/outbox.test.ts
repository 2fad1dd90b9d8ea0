import { beforeEach, describe, expect, it } from "vitest";
import { keptLog, type VirtualClock, virtualClock } from "../runtime/testing.ts";
import type { NotifyRequest } from "./message.ts";
import { Outbox } from "./outbox.ts";
import { note, SECRET, webhook } from "./testing.ts";

const MINUTE = 60_000;
let clock: VirtualClock;
let sent: string[];
let answer: () => Promise<number>;
let outbox: Outbox;
let stop: AbortController;
let lines: string[];

beforeEach(() => {
  clock = virtualClock();
  sent = [];
  answer = () => Promise.resolve(204);
  const kept = keptLog();
  lines = kept.lines;
  const post = ({ body }: NotifyRequest): Promise<number> => {
    sent.push((JSON.parse(body) as { subject: string }).subject);
    return answer();
  };
  const channel = webhook({ events: ["Failed", "Recovered"] });
  outbox = new Outbox({ channel, namespace: "home", post, clock, random: () => 0.5, log: kept.log });
  stop = new AbortController();
  const running = outbox.run(stop.signal);
  return async () => {
    stop.abort();
    await running;
  };
});

const offer = (subject: string, kind: "Failed" | "Recovered" | "Changed" = "Failed"): void => {
  outbox.offer(note({ key: `state ${subject}`, subject, kind }));
};

describe("a channel", () => {
  it("is told what it asked for, at once", async () => {
    offer("a");
    offer("b", "Changed");
    await clock.run(1);
    expect(sent).toEqual(["a"]);
  });

  it("is told of many things in one message", async () => {
    for (let i = 0; i < 100; i++) offer(`r${i}`);
    await clock.run(MINUTE);
    expect(sent).toEqual(["100 things"]);
  });

  it("is not flooded: five messages, then one a minute", async () => {
    for (let second = 0; second < 600; second++) {
      offer(`r${second}`);
      await clock.run(1_000);
    }
    expect(sent.length).toBeGreaterThan(10);
    expect(sent.length).toBeLessThanOrEqual(15);
  });

  it("is told later, and only the newest of each, when it could not be reached", async () => {
    answer = () => Promise.reject(Object.assign(new Error(`secret ${SECRET}`), { code: "ECONNREFUSED" }));
    offer("a");
    await clock.run(4 * MINUTE);
    const tries = sent.length;
    expect(tries).toBeGreaterThan(2);
    expect(tries).toBeLessThan(12);
    offer("a", "Recovered");
    answer = () => Promise.resolve(200);
    await clock.run(10 * MINUTE);
    expect(sent.length).toBe(tries + 1);
    expect(lines.join()).not.toContain(SECRET);
    expect(lines.join()).not.toContain("hook.test");
  });

  it("is left alone with what it refuses for good", async () => {
    answer = () => Promise.resolve(403);
    offer("a");
    await clock.run(60 * MINUTE);
    expect(sent).toEqual(["a"]);
  });

  it("holds nobody up: what takes for ever is cut off, and old news is dropped", async () => {
    answer = () => new Promise<number>(() => undefined);
    offer("a");
    await clock.run(2 * 60 * MINUTE);
    const tries = sent.length;
    await clock.run(2 * 60 * MINUTE);
    expect(sent.length).toBe(tries);
  });
});

describe("the log", () => {
  it.each<[string, () => Promise<number>]>([
    ["is told", () => Promise.resolve(204)],
    ["refuses", () => Promise.resolve(403)],
    ["cannot answer", () => Promise.resolve(503)],
    ["is not reached", () => Promise.reject(new Error(`connect to https://hook.test/in?x=1 with ${SECRET}`))],
    [
      "has no such host",
      () => Promise.reject(Object.assign(new Error("https://hook.test/in?x=1"), { code: "ENOTFOUND" })),
    ],
  ])("has neither the URL nor the secret of a channel that %s", async (_, given) => {
    answer = given;
    offer("a");
    await clock.run(MINUTE);
    expect(sent.length).toBeGreaterThan(0);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join()).not.toMatch(/hook\.test|x=1/);
    expect(lines.join()).not.toContain(SECRET);
  });
});
