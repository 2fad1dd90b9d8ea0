import { describe, expect, it } from "vitest";
import type { TransactionResult } from "../stun/transaction.ts";
import { failure } from "../stun/transaction.ts";
import type { AskDeps } from "./ask.ts";
import { ask } from "./ask.ts";
import type { EchoResult } from "./echo.ts";
import { createPlausibility } from "@esddns/common/ip";
import type { RouterAnswer } from "../router/natpmp.ts";
import type { EchoSource, RouterSource, Source, StunSource } from "@esddns/common/api";
import { silentLog, virtualClock } from "../runtime/testing.ts";

const stun: StunSource = {
  kind: "stun",
  id: "stun:stun.example:3478?transport=udp",
  organisation: "A",
  families: ["IPv4", "IPv6"],
  host: "stun.example",
  port: 3478,
  transport: "udp",
};
const echo: EchoSource = {
  kind: "echo",
  id: "https://echo.example/",
  organisation: "B",
  families: ["IPv4", "IPv6"],
  url: "https://echo.example/",
};
const router: RouterSource = {
  kind: "router",
  protocol: "nat-pmp",
  id: "nat-pmp:192.168.1.1",
  organisation: "router",
  families: ["IPv4"],
  router: "192.168.1.1",
};
const plausibility = createPlausibility({ allowNonGlobal: ["198.51.100.0/24"], excluded: [] });
const limits = { deadlineMs: 5000, retransmission: { rtoMs: 500, transmissions: 4, lastWaitFactor: 3 } };

function world(overrides: Partial<AskDeps> = {}): {
  deps: AskDeps;
  contacted: string[];
  clock: ReturnType<typeof virtualClock>;
} {
  const contacted: string[] = [];
  const clock = virtualClock();
  const mapped = { family: "IPv4", address: "9.9.9.9", port: 1 } as const;
  const deps: AskDeps = {
    clock,
    random: () => 0.5,
    log: silentLog(),
    resolve: () => Promise.resolve(["192.168.1.1", "8.8.8.8", "127.0.0.1", "8.8.4.4"]),
    stun: ({ peer }) => {
      contacted.push(`${peer.address}:${peer.port}`);
      return Promise.resolve<TransactionResult>({ ok: true, mapped, rttMs: 12.345 });
    },
    echo: (_url, contact) => {
      contacted.push(contact.text);
      return Promise.resolve<EchoResult>({ ok: true, address: { family: "IPv4", text: "9.9.9.9" } });
    },
    natpmp: (address) => {
      contacted.push(address);
      return Promise.resolve<RouterAnswer>({ ok: true, address: "9.9.9.9", rttMs: 0.44 });
    },
    pcp: (address) => {
      contacted.push(`pcp ${address}`);
      return Promise.resolve<RouterAnswer>({ ok: true, address: "9.9.9.9", rttMs: 2 });
    },
    ...overrides,
  };
  return { deps, contacted, clock };
}

const signal = new AbortController().signal;

describe("ask", () => {
  it("gives a vote: who was asked, how, and what was said", async () => {
    const { deps, contacted } = world();
    expect(await ask(stun, "IPv4", plausibility, limits, deps, signal)).toEqual({
      source: stun.id,
      organisation: "A",
      transport: "udp",
      family: "IPv4",
      address: "9.9.9.9",
      rttMs: 12.3,
      authenticated: false,
      outcome: "Ok",
    });
    expect(await ask(echo, "IPv4", plausibility, limits, deps, signal)).toMatchObject({
      transport: "https",
      authenticated: true,
      outcome: "Ok",
    });
    // Two of four addresses are allowed. The random number chooses the second of these.
    expect(contacted).toEqual(["8.8.4.4:3478", "8.8.4.4"]);
  });

  it("tells in short and printable words why there is no answer, whoever wrote them", async () => {
    const detail = `altnames: DNS:\u001b[2J\u202e${"x".repeat(60_000)}`;
    const { deps } = world({ echo: () => Promise.resolve({ ok: false, outcome: "TlsFailed", detail }) });
    const vote = await ask(echo, "IPv4", plausibility, limits, deps, signal);
    expect(vote.detail).toMatch(/^altnames: DNS: \[2J x+…$/);
    expect(vote.detail?.length).toBeLessThanOrEqual(256);
  });

  it("trusts STUN over TLS, and only that", async () => {
    const { deps } = world();
    const over = async (transport: "tcp" | "tls"): Promise<boolean> =>
      (await ask({ ...stun, transport }, "IPv4", plausibility, limits, deps, signal)).authenticated;
    expect([await over("tcp"), await over("tls")]).toEqual([false, true]);
  });

  it.each<[string, Source]>([
    ["STUN", stun],
    ["echo", echo],
  ])("%s: contacts nobody on an address that is not allowed", async (_name, source) => {
    const { deps, contacted } = world({ resolve: () => Promise.resolve(["192.168.1.1", "169.254.169.254"]) });
    expect(await ask(source, "IPv4", plausibility, limits, deps, signal)).toMatchObject({
      outcome: "NotAllowed",
      authenticated: false,
      detail: "not contacted: 192.168.1.1 is not globally reachable: Private-Use, 192.168.0.0/16, RFC 1918",
    });
    expect(contacted).toEqual([]);
  });

  it("asks the router at the very address that is named, private as it is, and never takes its answer for proven", async () => {
    const { deps, contacted } = world({ resolve: () => Promise.reject(new Error("asked")) });
    expect(await ask(router, "IPv4", plausibility, limits, deps, signal)).toEqual({
      source: "nat-pmp:192.168.1.1",
      organisation: "router",
      transport: "nat-pmp",
      family: "IPv4",
      address: "9.9.9.9",
      rttMs: 0.4,
      authenticated: false,
      outcome: "Ok",
    });
    expect(contacted).toEqual(["192.168.1.1"]);
    const byPcp = await ask({ ...router, protocol: "pcp" }, "IPv4", plausibility, limits, deps, signal);
    expect(byPcp).toMatchObject({ transport: "pcp", authenticated: false, outcome: "Ok" });
    expect(contacted.at(-1)).toBe("pcp 192.168.1.1");
  });

  it.each([
    ["100.64.3.4", "Shared Address Space"],
    ["192.168.178.20", "Private-Use"],
    ["0.0.0.0", "This host on this network"],
  ])(
    "keeps the router's answer where it is %s, which cannot be the address but tells of a NAT behind it",
    async (address, name) => {
      const { deps } = world({ natpmp: () => Promise.resolve({ ok: true, address, rttMs: 1 }) });
      const vote = await ask(router, "IPv4", plausibility, limits, deps, signal);
      expect(vote).toMatchObject({ outcome: "Implausible", address, transport: "nat-pmp" });
      expect(vote.detail).toContain(name);
    },
  );

  it("tells what the router refuses, and asks no router that is no IPv4 address", async () => {
    const refusing = world({
      natpmp: () => Promise.resolve({ ok: false, outcome: "Refused", detail: "NAT-PMP result 2: not authorised" }),
    });
    expect(await ask(router, "IPv4", plausibility, limits, refusing.deps, signal)).toMatchObject({
      outcome: "Refused",
      detail: "NAT-PMP result 2: not authorised",
    });
    const { deps, contacted } = world();
    for (const wrong of ["router.local", "fe80::1", ""]) {
      const vote = await ask({ ...router, router: wrong }, "IPv4", plausibility, limits, deps, signal);
      expect(vote.outcome).toBe("NotAllowed");
    }
    expect(contacted).toEqual([]);
  });

  it("takes addresses for hosts, too, by the same rules", async () => {
    const { deps, contacted } = world({ resolve: () => Promise.reject(new Error("asked")) });
    const at = async (host: string, family: "IPv4" | "IPv6"): Promise<string> =>
      (await ask({ ...stun, host }, family, plausibility, limits, deps, signal)).outcome;
    expect(await at("198.51.100.1", "IPv4")).toBe("Ok");
    expect(await at("127.0.0.1", "IPv4")).toBe("NotAllowed");
    expect(await at("198.51.100.1", "IPv6")).toBe("NameNotResolved");
    expect(contacted).toEqual(["198.51.100.1:3478"]);
  });

  it("asks over the family that is meant", async () => {
    const { deps, contacted } = world({ resolve: () => Promise.resolve(["8.8.8.8", "2606:4700::1"]) });
    await ask(stun, "IPv6", plausibility, limits, deps, signal);
    expect(contacted).toEqual(["2606:4700::1:3478"]);
  });

  it("keeps what an implausible answer said, and why it does not count", async () => {
    const mapped = { family: "IPv4", address: "10.0.0.7", port: 1 } as const;
    const { deps } = world({ stun: () => Promise.resolve({ ok: true, mapped, rttMs: 1 }) });
    expect(await ask(stun, "IPv4", plausibility, limits, deps, signal)).toMatchObject({
      outcome: "Implausible",
      address: "10.0.0.7",
      detail: "10.0.0.7 is not globally reachable: Private-Use, 10.0.0.0/8, RFC 1918",
    });
    const wrongFamily = world({ resolve: () => Promise.resolve(["2606:4700::1"]) });
    expect(await ask(stun, "IPv6", plausibility, limits, wrongFamily.deps, signal)).toMatchObject({
      outcome: "Implausible",
      detail: "9.9.9.9 is not an IPv6 address",
    });
  });

  it("turns whatever fails into an outcome", async () => {
    const outcomeWith = async (source: Source, overrides: Partial<AskDeps>): Promise<string> =>
      (await ask(source, "IPv4", plausibility, limits, world(overrides).deps, signal)).outcome;
    expect(await outcomeWith(stun, { resolve: () => Promise.reject(new Error("queryA ENOTFOUND")) })).toBe(
      "NameNotResolved",
    );
    expect(await outcomeWith(stun, { resolve: () => Promise.resolve([]) })).toBe("NameNotResolved");
    expect(await outcomeWith(stun, { stun: () => Promise.resolve(failure("Refused", "STUN error 500")) })).toBe(
      "Refused",
    );
    expect(await outcomeWith(stun, { stun: () => Promise.reject(new Error("a defect")) })).toBe("Unreachable");
    const echoed = (): Promise<EchoResult> => Promise.resolve({ ok: false, outcome: "TlsFailed", detail: "x" });
    expect(await outcomeWith(echo, { echo: echoed })).toBe("TlsFailed");
    expect(await outcomeWith({ ...echo, url: "http://echo.example/" }, {})).toBe("NotAllowed");
    expect(await outcomeWith({ ...echo, url: "echo" }, {})).toBe("NotAllowed");
  });

  it("shortens details", async () => {
    const { deps } = world({ stun: () => Promise.resolve(failure("Refused", "x".repeat(1000))) });
    expect((await ask(stun, "IPv4", plausibility, limits, deps, signal)).detail).toHaveLength(256);
  });

  it.each([
    ["resolve", stun],
    ["stun", stun],
    ["echo", echo],
    ["natpmp", router],
  ])("gives up after the deadline if %s hangs", async (what, source) => {
    const { deps, clock } = world({ [what]: () => new Promise(() => undefined) });
    const asked = ask(source, "IPv4", plausibility, limits, deps, signal);
    await clock.run(5000);
    expect(await asked).toMatchObject({ outcome: "Timeout", detail: "no answer in 5000 ms" });
  });

  it("rejects with the signal's reason", async () => {
    const abort = new AbortController();
    const { deps } = world({ stun: () => new Promise(() => undefined) });
    const asked = expect(ask(stun, "IPv4", plausibility, limits, deps, abort.signal)).rejects.toThrow("enough");
    abort.abort(new Error("enough"));
    await asked;
  });
});
