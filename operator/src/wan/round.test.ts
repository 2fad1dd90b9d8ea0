import { describe, expect, it } from "vitest";
import type { TransactionResult } from "../stun/transaction.ts";
import { failure } from "../stun/transaction.ts";
import type { RoundDeps } from "./round.ts";
import { runRound } from "./round.ts";
import { sourcesOf } from "./sources.ts";
import { spec } from "./testing.ts";
import { silentLog, virtualClock } from "../testing.ts";

const signal = new AbortController().signal;

function depsWith(overrides: Partial<RoundDeps> = {}, lines: string[] = []): RoundDeps {
  const mapped = { family: "IPv4", address: "9.9.9.9", port: 1 } as const;
  return {
    clock: virtualClock(),
    random: () => 0,
    log: silentLog(lines),
    resolve: (_host, family) => Promise.resolve([family === "IPv4" ? "8.8.8.8" : "2606:4700::1"]),
    stun: ({ peer }) =>
      Promise.resolve<TransactionResult>(
        peer.address.includes(":") ? failure("Unreachable", "no route") : { ok: true, mapped, rttMs: 1 },
      ),
    echo: () => Promise.resolve({ ok: true, address: { family: "IPv4", text: "9.9.9.9" } }),
    ...overrides,
  };
}

describe("sourcesOf", () => {
  it("has organisations of both kinds by default, and both families in each kind", () => {
    const sources = sourcesOf(spec());
    for (const kind of ["stun", "echo"] as const) {
      for (const family of ["IPv4", "IPv6"] as const) {
        const some = sources.filter((source) => source.kind === kind && source.families.includes(family));
        expect(new Set(some.map(({ organisation }) => organisation)).size).toBeGreaterThanOrEqual(3);
      }
    }
    expect(sources.map(({ id }) => id)).toContain("stun:stun.l.google.com:19302?transport=udp");
  });

  it("takes the spec's lists instead, each source once, and leaves out what is off", () => {
    const server = { host: "::1", port: 3478, transport: "tls" as const, organisation: "A" };
    const custom = spec({ stun: { enabled: true, servers: [server, server] }, https: { enabled: false } });
    expect(sourcesOf(custom).map(({ id }) => id)).toEqual(["stun:[::1]:3478?transport=tls"]);
    expect(sourcesOf(spec({ stun: { enabled: false }, https: { enabled: true, services: [] } }))).toEqual([]);
    expect(sourcesOf(spec({ families: ["IPv4"] })).every(({ families }) => !families.includes("IPv6"))).toBe(true);
  });
});

describe("runRound", () => {
  it("asks every source once over each family, and votes in the order of the list", async () => {
    const votes = await runRound(spec(), depsWith(), signal);
    const expected = sourcesOf(spec()).flatMap(({ id, families }) => families.map((family) => `${id} ${family}`));
    expect(votes.map(({ source, family }) => `${source} ${family}`)).toEqual(expected);
    expect(new Set(expected).size).toBe(expected.length);
  });

  it("is over after five seconds, with an outcome for each that hangs", async () => {
    const clock = virtualClock();
    const hanging = { clock, stun: () => new Promise<never>(() => undefined) };
    const round = runRound(spec(), depsWith(hanging), signal);
    await clock.run(5000);
    const votes = await round;
    expect(votes.filter(({ transport }) => transport === "udp").every(({ outcome }) => outcome === "Timeout")).toBe(
      true,
    );
    expect(votes.some(({ outcome }) => outcome === "Ok")).toBe(true);
  });

  it("when it is decided waits a second for the others, and no longer", async () => {
    const clock = virtualClock();
    const stun: RoundDeps["stun"] = async ({ host }, options) => {
      await options.clock.sleep(host.includes("google") ? 900 : 4000, options.signal);
      return { ok: true, mapped: { family: "IPv4", address: "9.9.9.9", port: 1 }, rttMs: 900 };
    };
    const started = clock.monotonic();
    const round = runRound(
      spec({ families: ["IPv4"] }),
      depsWith({ clock, stun }),
      signal,
      (votes) => votes.length >= 2,
    );
    await clock.run(1000);
    const votes = await round;
    expect(clock.monotonic() - started).toBe(1000);
    expect(votes.map(({ outcome, detail }) => [outcome, detail])).toEqual([
      ["Ok", undefined],
      ...Array.from({ length: 4 }, () => ["Timeout", "not waited for: others had agreed"]),
      ...Array.from({ length: 3 }, () => ["Ok", undefined]),
    ]);
  });

  it("logs the address that most STUN servers gave, once", async () => {
    const lines: string[] = [];
    const addresses = ["6.6.6.6", "9.9.9.9", "9.9.9.9"];
    const stun: RoundDeps["stun"] = () => {
      const address = addresses.shift() ?? "9.9.9.9";
      return Promise.resolve({ ok: true, mapped: { family: "IPv4", address, port: 1 }, rttMs: 1 });
    };
    await runRound(spec({ families: ["IPv4"] }), depsWith({ stun }, lines), signal);
    expect(lines).toEqual(["INFO [stun] Successfully obtained IP: 9.9.9.9"]);
  });

  it("logs rules that mean nothing, and goes on", async () => {
    const lines: string[] = [];
    const votes = await runRound(spec({ excluded: ["nonsense"] }), depsWith({}, lines), signal);
    expect(lines).toContain("WARN A rule of detection has no effect");
    expect(votes.some(({ outcome }) => outcome === "Ok")).toBe(true);
  });

  it("rejects with the signal's reason, and with nothing else", async () => {
    const failing = {
      resolve: () => Promise.reject(new Error("no")),
      stun: () => Promise.reject(new Error("no")),
      echo: () => Promise.reject(new Error("no")),
    };
    const votes = await runRound(spec(), depsWith(failing), signal);
    expect(votes.every(({ outcome }) => outcome !== "Ok")).toBe(true);
    const abort = AbortSignal.abort(new Error("enough"));
    await expect(runRound(spec(), depsWith(), abort)).rejects.toThrow("enough");
  });
});
