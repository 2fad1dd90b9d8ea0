import { describe, expect, it } from "vitest";
import type { SourceKind } from "@esddns/common/api";
import type { TransactionResult } from "../stun/transaction.ts";
import { failure } from "../stun/transaction.ts";
import type { RoundDeps } from "./round.ts";
import { runRound } from "./round.ts";
import { LIST_ORGANISATION } from "@esddns/common/api";
import { linkOf, sourcesOf } from "@esddns/common/api";
import { spec } from "../decide/testing.ts";
import { silentLog, virtualClock } from "../runtime/testing.ts";

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
    natpmp: () => Promise.reject(new Error("not asked")),
    pcp: () => Promise.reject(new Error("not asked")),
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

  it("has the links of the chain in the order of the spec, and only those", () => {
    const router = "192.168.1.1";
    const links = (sources: SourceKind[]) => [...new Set(sourcesOf(spec({ sources, router })).map(linkOf))];
    expect(links(["stun", "https", "direct"])).toEqual(["stun", "https", "direct"]);
    expect(links(["direct", "https"])).toEqual(["direct", "https"]);
    expect(sourcesOf(spec({ sources: ["stun"], stun: { enabled: false } }))).toEqual([]);
  });

  it("asks the router for IPv4 alone, and only one that is named", () => {
    expect(sourcesOf(spec({ sources: ["direct"] }))).toEqual([]);
    expect(sourcesOf(spec({ sources: ["direct"], router: "192.168.1.1" }))).toEqual([
      {
        kind: "router",
        protocol: "nat-pmp",
        id: "nat-pmp:192.168.1.1",
        organisation: "router",
        families: ["IPv4"],
        router: "192.168.1.1",
      },
    ]);
  });

  it("asks it by the Port Control Protocol, too, where that is wanted and can work: on the host's network", () => {
    const ids = (hostNetwork: boolean) =>
      sourcesOf(spec({ sources: ["direct"], router: "192.168.1.1", pcp: true, hostNetwork })).map(({ id }) => id);
    expect(ids(true)).toEqual(["nat-pmp:192.168.1.1", "pcp:192.168.1.1"]);
    expect(ids(false)).toEqual(["nat-pmp:192.168.1.1"]);
  });

  it("adds servers of lists to its own, under whose organisation they stay, and to none that somebody has chosen", () => {
    const listed = ["stun.l.google.com", "stun.new.example"].map((host) => ({
      host,
      port: 19302,
      transport: "udp" as const,
      organisation: LIST_ORGANISATION,
    }));
    const organisations = (sources: ReturnType<typeof sourcesOf>) =>
      Map.groupBy(sources, ({ organisation }) => organisation);
    const mixed = organisations(sourcesOf(spec(), listed));
    expect(mixed.get(LIST_ORGANISATION)?.map(({ id }) => id)).toEqual(["stun:stun.new.example:19302?transport=udp"]);
    expect(mixed.get("Google")).toHaveLength(1);
    const server = { host: "mine", port: 3478, transport: "udp" as const, organisation: "A" };
    const own = organisations(sourcesOf(spec({ stun: { servers: [server] } }), listed));
    expect([own.has(LIST_ORGANISATION), own.get("A")?.length]).toEqual([false, 1]);
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
    // STUN, which does not answer at once, has a head start of a tenth of a second.
    await clock.run(1100);
    const votes = await round;
    expect(clock.monotonic() - started).toBe(1100);
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

  it("asks the links of the chain one a little after the other, and waits for none that is silent", async () => {
    const clock = virtualClock();
    const asked: [string, number][] = [];
    const note = (who: string): void => {
      asked.push([who, clock.monotonic()]);
    };
    const deps = depsWith({
      clock,
      stun: () => {
        note("stun");
        return new Promise<never>(() => undefined);
      },
      echo: () => {
        note("https");
        return Promise.resolve({ ok: true, address: { family: "IPv4", text: "9.9.9.9" } });
      },
      natpmp: (router) => {
        note(router);
        return Promise.resolve({ ok: true, address: "9.9.9.9", rttMs: 1 });
      },
    });
    const round = runRound(spec({ families: ["IPv4"], router: "192.168.1.1" }), deps, signal);
    await clock.run(5000);
    const votes = await round;
    expect([...new Map(asked)]).toEqual([
      ["stun", 0],
      ["https", 100],
      ["192.168.1.1", 100],
    ]);
    expect(votes.at(-1)).toMatchObject({ source: "nat-pmp:192.168.1.1", transport: "nat-pmp", outcome: "Ok" });
  });

  it("has the votes of the node's own addresses among the direct ones", async () => {
    const node = {
      name: "node1",
      externalIps: () => Promise.resolve(["9.9.9.9"]),
      ownAddress: () => Promise.resolve(undefined),
    };
    const direct = await runRound(spec({ sources: ["direct"] }), depsWith({ node }), signal);
    expect(direct).toMatchObject([{ source: "node:node1", organisation: "node", transport: "node", outcome: "Ok" }]);
    expect(await runRound(spec({ sources: ["stun"], families: ["IPv4"] }), depsWith({ node }), signal)).toHaveLength(5);
  });

  it("makes one voice of the servers of a list", async () => {
    const listed = ["a", "b", "c"].map((host) => ({
      host: `${host}.example`,
      port: 3478,
      transport: "udp" as const,
      organisation: LIST_ORGANISATION,
    }));
    const stun: RoundDeps["stun"] = ({ host }) => {
      const address = host === "b.example" ? "6.6.6.6" : "9.9.9.9";
      return Promise.resolve({ ok: true, mapped: { family: "IPv4", address, port: 1 }, rttMs: 1 });
    };
    const deps = depsWith({ stun, listed: () => listed });
    const votes = await runRound(spec({ families: ["IPv4"], sources: ["stun"] }), deps, signal);
    expect(votes.slice(-3).map(({ outcome }) => outcome)).toEqual(["Ok", "Outvoted", "Ok"]);
  });

  it("does not wait for listed servers once it is decided and all others have answered", async () => {
    const clock = virtualClock();
    const listed = [{ host: "down.example", port: 3478, transport: "udp" as const, organisation: LIST_ORGANISATION }];
    const stun: RoundDeps["stun"] = async ({ host }, options) => {
      await options.clock.sleep(host === "down.example" ? 5000 : 300, options.signal);
      return { ok: true, mapped: { family: "IPv4", address: "9.9.9.9", port: 1 }, rttMs: 300 };
    };
    const started = clock.monotonic();
    let endedAt = 0;
    const deps = depsWith({ clock, stun, listed: () => listed });
    const round = runRound(spec({ families: ["IPv4"] }), deps, signal, (votes) => votes.length >= 2);
    void round.then(() => (endedAt = clock.monotonic()));
    await clock.run(5000);
    expect((await round).filter(({ outcome }) => outcome === "Timeout")).toMatchObject([
      { source: "stun:down.example:3478?transport=udp" },
    ]);
    expect(endedAt - started).toBe(300);
  });

  it("counts STUN servers alone in the line about STUN", async () => {
    const lines: string[] = [];
    const node = {
      name: "node1",
      externalIps: () => Promise.resolve(["8.8.4.4", "8.8.4.4", "8.8.4.4"]),
      ownAddress: () => Promise.resolve(undefined),
    };
    const stun: RoundDeps["stun"] = ({ host }) =>
      Promise.resolve(
        host.includes("google")
          ? { ok: true, mapped: { family: "IPv4", address: "9.9.9.9", port: 1 }, rttMs: 1 }
          : failure("Timeout", "no answer"),
      );
    await runRound(spec({ families: ["IPv4"] }), depsWith({ node, stun }, lines), signal);
    expect(lines).toEqual(["INFO [stun] Successfully obtained IP: 9.9.9.9"]);
  });

  describe("asked to try again", () => {
    /** A STUN server that answers from its nth question on, and how often it and the others were asked. */
    async function tried(
      n: number,
      overrides: Parameters<typeof spec>[0] = {},
      stunOverrides = {},
      enough?: Parameters<typeof runRound>[3],
    ) {
      const clock = virtualClock();
      const times: number[] = [];
      const stun: RoundDeps["stun"] = async (_server, options) => {
        times.push(clock.monotonic());
        await options.clock.sleep(times.length < n ? 5000 : 10, options.signal);
        return times.length < n
          ? failure("Timeout", "no answer")
          : { ok: true, mapped: { family: "IPv4", address: "9.9.9.9", port: 1 }, rttMs: 10 };
      };
      const server = { host: "stun.example", port: 3478, transport: "udp" as const, organisation: "A" };
      const settings = spec({
        families: ["IPv4"],
        https: { services: [{ url: "https://echo.example/", organisation: "B" }] },
        stun: { servers: [server], retryAttempts: 3, retryCooldownSeconds: 7, ...stunOverrides },
        ...overrides,
      });
      const round = runRound(settings, depsWith({ clock, stun }), signal, enough);
      await clock.run(600_000);
      return { times, outcomes: (await round).map(({ outcome }) => outcome) };
    }

    it("asks a server that gave no answer after each pause, until there are enough answers", async () => {
      expect(await tried(3)).toEqual({ times: [0, 12_000, 24_000], outcomes: ["Ok", "Ok"] });
    });

    it("gives up after the last attempt", async () => {
      const { times, outcomes } = await tried(99);
      expect(times).toEqual([0, 12_000, 24_000, 36_000]);
      expect(outcomes).toEqual(["Timeout", "Ok"]);
    });

    it("waits five seconds where nothing else is said, and asks once where nothing is said of attempts", async () => {
      expect((await tried(2, {}, { retryCooldownSeconds: undefined })).times).toEqual([0, 10_000]);
      expect((await tried(9, {}, { retryAttempts: undefined })).times).toEqual([0]);
    });

    it("does not once the round is decided", async () => {
      const { times } = await tried(99, {}, {}, () => true);
      expect(times).toEqual([0]);
    });

    it("does not where there are enough answers without it, nor beyond the next round", async () => {
      expect((await tried(99, { quorum: 1 })).times).toEqual([0]);
      expect((await tried(99, { intervalSeconds: 30 })).times).toEqual([0, 12_000, 24_000]);
    });
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
