import { describe, expect, it } from "vitest";
import type { Lookup } from "./resolver.ts";
import { cachingResolver, dnsLookup } from "./resolver.ts";
import { virtualClock } from "../runtime/testing.ts";

const signal = new AbortController().signal;

function counting(ttls: number[]): { lookup: Lookup; asked: string[] } {
  const asked: string[] = [];
  const lookup: Lookup = (host, family) => {
    asked.push(`${family} ${host}`);
    return Promise.resolve(ttls.map((ttl, i) => ({ address: `192.0.2.${i}`, ttl })));
  };
  return { lookup, asked };
}

describe("cachingResolver", () => {
  it.each([
    ["the TTL", [300], 300],
    ["the shortest TTL", [900, 300], 300],
    ["a minute at least", [0], 60],
    ["an hour at most", [86_400], 3600],
  ])("remembers an answer for %s", async (_name, ttls, seconds) => {
    const clock = virtualClock();
    const { lookup, asked } = counting(ttls);
    const resolve = cachingResolver(lookup, clock);
    await resolve("a.example", "IPv4", signal);
    await clock.run(seconds * 1000 - 1);
    expect(await resolve("a.example", "IPv4", signal)).toHaveLength(ttls.length);
    expect(asked).toHaveLength(1);
    await clock.run(1);
    await resolve("a.example", "IPv4", signal);
    expect(asked).toHaveLength(2);
  });

  it("tells hosts and families apart", async () => {
    const { lookup, asked } = counting([300]);
    const resolve = cachingResolver(lookup, virtualClock());
    await resolve("a.example", "IPv4", signal);
    await resolve("a.example", "IPv6", signal);
    await resolve("b.example", "IPv4", signal);
    expect(asked).toEqual(["IPv4 a.example", "IPv6 a.example", "IPv4 b.example"]);
  });

  it("does not remember failures", async () => {
    let failing = true;
    const resolve = cachingResolver(
      () => (failing ? Promise.reject(new Error("SERVFAIL")) : Promise.resolve([{ address: "192.0.2.1", ttl: 60 }])),
      virtualClock(),
    );
    await expect(resolve("a.example", "IPv4", signal)).rejects.toThrow("SERVFAIL");
    failing = false;
    expect(await resolve("a.example", "IPv4", signal)).toEqual(["192.0.2.1"]);
  });
});

describe("dnsLookup", () => {
  it("asks nobody once the signal has aborted", async () => {
    const aborted = AbortSignal.abort(new Error("enough"));
    await expect(dnsLookup("a.example", "IPv4", aborted)).rejects.toThrow("enough");
  });
});
