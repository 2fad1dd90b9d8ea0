import { afterEach, describe, expect, it } from "vitest";
import type { DetectionSpec, Vote } from "@esddns/common/api";
import type { TransactionResult } from "../stun/transaction.ts";
import { failure } from "../stun/transaction.ts";
import { observe } from "./loop.ts";
import { judgeVotes } from "../decide/quorum.ts";
import type { RoundDeps } from "./round.ts";
import { spec } from "../decide/testing.ts";
import { silentLog, type VirtualClock, virtualClock } from "../runtime/testing.ts";

const server = (organisation: string) => ({
  host: `${organisation}.example`,
  port: 3478,
  transport: "udp" as const,
  organisation,
});
const small = spec({
  stun: { enabled: true, servers: ["a", "b", "c", "d"].map(server) },
  https: { enabled: true, services: [{ url: "https://e.example/", organisation: "e" }] },
});

/** A node in a world whose answers the test can change over time. */
interface World {
  clock: VirtualClock;
  /** The answers of the sources by family, and for STUN by organisation if given. Undefined: no answer. */
  ipv4: string | undefined;
  ipv6: string | undefined;
  liars: Record<string, string | undefined>;
  /** The answers to probes only. */
  probeLiars: Record<string, string>;
  spec: DetectionSpec;
  rounds: { atMs: number; agreed: string | undefined }[];
  probes: { atMs: number; vote: Vote }[];
  lines: string[];
  trigger: () => void;
  onRound: () => Promise<void>;
  stop: () => Promise<void>;
}

const running: World[] = [];
afterEach(async () => {
  for (const world of running.splice(0)) await world.stop();
});

function start(overrides: Partial<World> = {}): World {
  const clock = virtualClock();
  const abort = new AbortController();
  const lines: string[] = [];
  const world: World = {
    clock,
    ipv4: "9.9.9.9",
    ipv6: undefined,
    liars: {},
    probeLiars: {},
    spec: small,
    rounds: [],
    probes: [],
    lines,
    trigger: () => undefined,
    onRound: () => Promise.resolve(),
    stop: async () => {
      abort.abort();
      await done;
    },
    ...overrides,
  };
  const deps: RoundDeps = {
    clock,
    random: () => 0.5,
    log: silentLog(lines),
    resolve: (_host, family) => Promise.resolve([family === "IPv4" ? "8.8.8.8" : "2606:4700::1"]),
    stun: async ({ host, peer }, { clock: time, signal, retransmission }): Promise<TransactionResult> => {
      const family = peer.address.includes(":") ? "IPv6" : "IPv4";
      const honest = family === "IPv4" ? world.ipv4 : world.ipv6;
      const organisation = host.charAt(0);
      const lies = retransmission.transmissions === 2 ? { ...world.liars, ...world.probeLiars } : world.liars;
      const address = family === "IPv4" && organisation in lies ? lies[organisation] : honest;
      await time.sleep(address === undefined ? 2000 : 20, signal);
      return address === undefined
        ? failure("Timeout", "no answer")
        : { ok: true, mapped: { family, address, port: 1 }, rttMs: 20 };
    },
    echo: async (_url, contact, signal) => {
      const address = contact.family === "IPv4" ? world.ipv4 : world.ipv6;
      await clock.sleep(50, signal);
      return address === undefined
        ? { ok: false, outcome: "Unreachable", detail: "no route" }
        : { ok: true, address: { family: contact.family, text: address } };
    },
    natpmp: () => Promise.reject(new Error("not asked")),
    pcp: () => Promise.reject(new Error("not asked")),
  };
  const done = observe({
    spec: () => world.spec,
    onRound: async (votes) => {
      const verdict = judgeVotes(votes, "IPv4", world.spec);
      world.rounds.push({ atMs: clock.monotonic(), agreed: verdict.kind === "Agreed" ? verdict.value : undefined });
      await world.onRound();
    },
    onProbe: (vote) => world.probes.push({ atMs: clock.monotonic(), vote }),
    wake: (trigger) => {
      world.trigger = trigger;
    },
    deps,
    signal: abort.signal,
  });
  running.push(world);
  return world;
}

const minute = 60_000;

describe("observe", () => {
  it("at rest: a round at once and every interval, one probe every ten seconds, each to another server", async () => {
    const world = start();
    await world.clock.run(10 * minute);
    expect(world.rounds.map(({ atMs }) => Math.round(atMs / 1000))).toEqual([2, 304]);
    expect(world.rounds.every(({ agreed }) => agreed === "9.9.9.9")).toBe(true);
    expect(world.probes.length).toBeGreaterThanOrEqual(58);
    expect(world.probes.length).toBeLessThanOrEqual(60);
    const organisations = world.probes.slice(0, 5).map(({ vote }) => vote.organisation);
    expect(organisations).toEqual(["a", "b", "c", "d", "a"]);
    expect(world.probes.every(({ vote }) => vote.family === "IPv4")).toBe(true);
  });

  it("says that STUN is used, and what it found", async () => {
    const world = start();
    await world.clock.run(5000);
    expect(world.lines[0]).toBe("INFO STUN protocol enabled for IP discovery");
    expect(world.lines).toContain("INFO [stun] Successfully obtained IP: 9.9.9.9");
    const without = start({ spec: { ...small, stun: { ...small.stun, enabled: false } } });
    await without.clock.run(10 * minute);
    expect(without.lines.join()).not.toContain("STUN");
    expect(without.probes).toEqual([]);
  });

  it("sees a change with the next probe, and asks everybody at once", async () => {
    const world = start();
    await world.clock.run(26_000);
    world.ipv4 = "9.9.9.10";
    await world.clock.run(12_000);
    // The probe at 35 s takes 20 ms, the head start of STUN 100 ms and the others 50 ms. A silent IPv6 delays the round
    // by at most a second.
    expect(world.rounds.at(-1)).toEqual({ atMs: 36_170, agreed: "9.9.9.10" });
    await world.clock.run(4 * minute);
    expect(world.rounds).toHaveLength(2);
  });

  it("when a probe gets no answer tries another server a second later, and asks everybody if that fails, too", async () => {
    const world = start();
    await world.clock.run(26_000);
    world.liars = { c: undefined, d: undefined };
    await world.clock.run(15_000);
    const lost = world.probes.filter(({ vote }) => vote.outcome === "Timeout");
    expect(lost.map(({ atMs, vote }) => [atMs, vote.organisation])).toEqual([[37_000, "d"]]);
    expect(world.rounds).toHaveLength(1);
    world.ipv4 = undefined;
    world.liars = {};
    await world.clock.run(15_000);
    expect(world.rounds.length).toBeGreaterThan(1);
    expect(world.rounds[1]?.agreed).toBeUndefined();
  });

  it("while nothing answers looks again ever less often, and is there at once when an answer comes", async () => {
    const world = start();
    await world.clock.run(26_000);
    world.ipv4 = undefined;
    await world.clock.run(60 * minute);
    const silent = world.rounds.length;
    expect(silent).toBeLessThan(25);
    world.ipv4 = "9.9.9.10";
    await world.clock.run(20_000);
    expect(world.rounds.at(-1)?.agreed).toBe("9.9.9.10");
    expect(world.rounds).toHaveLength(silent + 1);
  });

  it("is there at once when the old address answers again, too", async () => {
    const world = start();
    await world.clock.run(26_000);
    world.ipv4 = undefined;
    await world.clock.run(60 * minute);
    world.ipv4 = "9.9.9.9";
    await world.clock.run(20_000);
    expect(world.rounds.at(-1)?.agreed).toBe("9.9.9.9");
    const settled = world.rounds.length;
    await world.clock.run(4 * minute);
    expect(world.rounds).toHaveLength(settled);
  });

  it("a server that begins to lie costs one round, and is then left out of the probes", async () => {
    const world = start();
    await world.clock.run(26_000);
    world.liars = { b: "6.6.6.6" };
    await world.clock.run(4 * minute);
    expect(world.rounds).toHaveLength(2);
    expect(world.rounds.at(-1)?.agreed).toBe("9.9.9.9");
    expect(world.probes.filter(({ vote }) => vote.organisation === "b").length).toBeLessThanOrEqual(2);
  });

  it("a server that lies to probes alone costs no more", async () => {
    const world = start();
    await world.clock.run(26_000);
    world.probeLiars = { b: "6.6.6.6" };
    await world.clock.run(55 * minute);
    expect(world.lines.filter((line) => line.includes("asks for a full round"))).toHaveLength(1);
    expect(world.rounds.every(({ agreed }) => agreed === "9.9.9.9")).toBe(true);
    expect(world.rounds.length).toBeLessThanOrEqual(14);
  });

  it("looks again soon after a dispute, until it is over", async () => {
    const world = start({ liars: { a: "6.6.6.6", b: "6.6.6.6" } });
    await world.clock.run(30_000);
    expect(world.rounds.length).toBeGreaterThanOrEqual(3);
    expect(world.rounds.every(({ agreed }) => agreed === undefined)).toBe(true);
    world.liars = {};
    await world.clock.run(minute);
    expect(world.rounds.at(-1)?.agreed).toBe("9.9.9.9");
  });

  it("a trigger starts a round at once, even in the middle of a probe that gets no answer", async () => {
    const world = start();
    await world.clock.run(20_000);
    world.trigger();
    await world.clock.run(2100);
    expect(world.rounds.map(({ atMs }) => atMs)).toEqual([2000, 21_150]);
    world.ipv4 = undefined;
    await world.clock.run(3500);
    world.trigger();
    world.ipv4 = "9.9.9.9";
    await world.clock.run(2100);
    expect(world.rounds.at(-1)).toEqual({ atMs: 26_750, agreed: "9.9.9.9" });
  });

  it("many triggers make few rounds", async () => {
    const world = start();
    await world.clock.run(20_000);
    for (let i = 0; i < 600; i++) {
      world.trigger();
      await world.clock.run(100);
    }
    expect(world.rounds.length).toBeLessThanOrEqual(1 + 5 + 2);
  });

  it("probes both families where both answer, and sees either change", async () => {
    const world = start({ ipv6: "2606::1" });
    await world.clock.run(26_000);
    expect(world.probes.filter(({ vote }) => vote.family === "IPv6").length).toBeGreaterThanOrEqual(2);
    const before = world.rounds.length;
    world.ipv6 = "2606::2";
    await world.clock.run(30_000);
    expect(world.rounds).toHaveLength(before);
    world.ipv6 = "2606:0:0:1::2";
    await world.clock.run(11_000);
    expect(world.rounds).toHaveLength(before + 1);
  });

  it("finds a family that appears later, with the next full round", async () => {
    const world = start();
    await world.clock.run(minute);
    world.ipv6 = "2606::1";
    await world.clock.run(5 * minute);
    expect(world.probes.at(-1)?.vote.outcome).toBe("Ok");
    expect(world.probes.some(({ vote }) => vote.family === "IPv6")).toBe(true);
  });

  it("goes on when the votes cannot be delivered, and comes back sooner", async () => {
    const world = start({ onRound: () => Promise.reject(new Error("API server away")) });
    await world.clock.run(30_000);
    expect(world.rounds.length).toBeGreaterThanOrEqual(3);
    expect(world.lines).toContain("WARN The votes of a round could not be delivered");
  });

  it("follows the spec", async () => {
    const world = start();
    await world.clock.run(20_000);
    world.spec = { ...small, probeIntervalSeconds: 1 };
    await world.clock.run(20_000);
    expect(world.probes.length).toBeGreaterThanOrEqual(15);
  });

  it("resolves when the signal aborts, whatever it is doing", async () => {
    for (const ms of [0, 10, 1000, 5000, 5010]) {
      const world = start();
      await world.clock.run(ms);
      await world.stop();
      const { length } = world.probes;
      await world.clock.run(10 * minute);
      expect(world.probes).toHaveLength(length);
    }
  });
});
