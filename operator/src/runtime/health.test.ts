import { describe, expect, it } from "vitest";
import { Health } from "./health.ts";
import { virtualClock } from "./testing.ts";

describe("Health", () => {
  it("is alive while every loop makes its steps", async () => {
    const clock = virtualClock();
    const health = new Health(clock);
    const step = health.loop("lease", 60_000);
    await clock.run(60_000);
    expect(health.live()).toEqual({ ok: true, problems: [] });
    await clock.run(1_000);
    expect(health.live()).toEqual({ ok: false, problems: ["lease has made no step for 61 s"] });
    step();
    expect(health.live().ok).toBe(true);
    await clock.run(600_000);
    health.ended("lease");
    expect(health.live().ok).toBe(true);
  });

  it("asks for the limit anew each time", async () => {
    const clock = virtualClock();
    const health = new Health(clock);
    let limitMs = Infinity;
    health.loop("rounds", () => limitMs);
    await clock.run(3_600_000);
    expect(health.live().ok).toBe(true);
    limitMs = 900_000;
    expect(health.live().ok).toBe(false);
  });

  it("is ready once every condition is met", () => {
    const health = new Health(virtualClock());
    const read = new Set<string>();
    health.readyWhen("WanAddress read", () => read.has("WanAddress"));
    health.readyWhen("DnsRecord read", () => read.has("DnsRecord"));
    read.add("WanAddress");
    expect(health.ready()).toEqual({ ok: false, problems: ["not yet: DnsRecord read"] });
    read.add("DnsRecord");
    expect(health.ready().ok).toBe(true);
  });
});
