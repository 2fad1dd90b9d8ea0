import { beforeEach, describe, expect, test } from "vitest";
import {
  API_VERSION,
  type DnsRecordObject,
  type DnsRecordStatus,
  dnsRecordSpec,
  dnsRecordStatus,
  type WanAddressStatus,
} from "@esddns/common/api";
import { RateBudget } from "../gandi/budget.ts";
import type { LiveDnsFailure } from "../gandi/errors.ts";
import { type Reconciled, reconcileRecord } from "./reconciler.ts";
import type { RecordContext } from "./run.ts";
import { FakeLiveDns } from "./testing.ts";
import { keptLog, type VirtualClock, virtualClock } from "../runtime/testing.ts";

const wan: WanAddressStatus = { ipv4: "198.51.100.20", ipv6Prefix: "2001:db8:100::/64" };
const network: LiveDnsFailure = { kind: "Network", message: "No connection." };

let gandi: FakeLiveDns;
let clock: VirtualClock;
let record: DnsRecordObject;
let lines: string[];

beforeEach(() => {
  gandi = new FakeLiveDns();
  clock = virtualClock();
  lines = [];
  declare({});
});

function declare(spec: Record<string, unknown>): void {
  record = {
    apiVersion: API_VERSION,
    kind: "DnsRecord",
    metadata: { name: "home", namespace: "esddns", generation: 1 },
    spec: dnsRecordSpec.parse({ zone: "example.com", name: "home", ...spec }),
  };
}

/** Runs once and stores the resulting status in the record. */
async function run(
  known: WanAddressStatus | undefined = wan,
  context: Partial<RecordContext> = {},
): Promise<Reconciled> {
  gandi.calls.length = 0;
  const kept = keptLog();
  lines = kept.lines;
  const impatient = { ...clock, sleep: () => Promise.resolve() };
  const rest = { livedns: gandi.api, clock: impatient, log: kept.log, random: () => 0.5, attempt: 0 };
  const result = await reconcileRecord(record, known, { ...rest, ...context }, new AbortController().signal);
  expect(dnsRecordStatus.parse(result.status)).toEqual(result.status);
  record = { ...record, status: result.status };
  return result;
}

/** Returns the status and the reason of Synced. */
function synced(result: Reconciled): string {
  const { status, reason } = result.status.conditions?.find(({ type }) => type === "Synced") ?? {};
  return `${status ?? "absent"} ${reason ?? ""}`;
}

function message(result: Reconciled): string {
  return result.status.conditions?.find(({ type }) => type === "Synced")?.message ?? "";
}

describe("the way of a record", () => {
  test("it is created: looked for, with a CNAME beside it, written, read back", async () => {
    const result = await run();
    expect(gandi.calls).toEqual([
      "GET example.com home A",
      "GET example.com home CNAME",
      "PUT example.com home A 198.51.100.20 300",
      "GET example.com home A",
    ]);
    expect(result).toEqual({
      action: "put",
      corrected: [],
      status: {
        fqdn: "home.example.com",
        zone: "example.com",
        observedGeneration: 1,
        published: [{ type: "A", ttl: 300, values: ["198.51.100.20"] }],
        conditions: [
          {
            type: "Synced",
            status: "True",
            reason: "Synced",
            message: "A 198.51.100.20 (TTL 300) is in place.",
            observedGeneration: 1,
            lastTransitionTime: "2026-03-01T12:00:00.000Z",
          },
        ],
      },
    });
  });

  test("when nothing changes it costs one request, and the status stays the very same", async () => {
    const first = await run();
    clock.advance(60_000);
    const second = await run();
    expect(gandi.calls).toEqual(["GET example.com home A"]);
    expect(second.action).toBe("none");
    expect(second.status).toEqual(first.status);
    expect(lines).toEqual([]);
  });

  test("a new address is written, and the time of Synced stays, since Synced does", async () => {
    const first = await run();
    clock.advance(60_000);
    const second = await run({ ...wan, ipv4: "198.51.100.77" });
    expect(second.action).toBe("put");
    expect(gandi.at("home", "A")?.values).toEqual(["198.51.100.77"]);
    expect(second.status.published).toEqual([{ type: "A", ttl: 300, values: ["198.51.100.77"] }]);
    expect(second.status.conditions?.[0]?.lastTransitionTime).toBe(first.status.conditions?.[0]?.lastTransitionTime);
    expect(lines.join()).toContain("Changed");
  });

  test("a person's edit is corrected, and called drift", async () => {
    await run();
    gandi.stand("home", "A", 3600, "203.0.113.9", "203.0.113.10");
    const result = await run();
    expect(result.action).toBe("put");
    expect(gandi.at("home", "A")).toEqual({ type: "A", ttl: 300, values: ["198.51.100.20"] });
    expect(lines.join()).toContain("Drifted");
    expect(result.corrected).toEqual([
      "A home.example.com was 203.0.113.9, 203.0.113.10 (TTL 3600) and is 198.51.100.20 (TTL 300) again: correction 1 of 3 within an hour",
    ]);
    expect(result.status.corrections).toEqual(["2026-03-01T12:00:00.000Z"]);
  });

  test("what stood there is logged short, and without what turns text around", async () => {
    gandi.stand("home", "A", 300, "\u009b31m\u202e192.0.2.66", "x".repeat(60_000));
    declare({ conflictPolicy: "Adopt" });
    expect((await run()).action).toBe("put");
    const logged = lines.join("\n");
    expect(logged).toContain("192.0.2.66");
    expect(logged).not.toMatch(/[\u009b\u202e]/);
    expect(logged.length).toBeLessThan(2_000);
  });

  test("A and AAAA are written each by itself; the name is searched for a CNAME once", async () => {
    declare({ types: ["A", "AAAA"], ipv6Suffix: "::10" });
    const result = await run();
    expect(synced(result)).toBe("True Synced");
    expect(gandi.at("home", "AAAA")?.values).toEqual(["2001:db8:100::10"]);
    expect(gandi.calls.filter((call) => call.includes("CNAME"))).toHaveLength(1);
    expect(message(result)).toBe("A 198.51.100.20 (TTL 300) is in place. AAAA 2001:db8:100::10 (TTL 300) is in place.");
  });

  test("beside an A that stands there can be no CNAME to look for", async () => {
    declare({ types: ["A", "AAAA"], ipv6Suffix: "::10" });
    gandi.stand("home", "A", 300, "198.51.100.20");
    await run();
    expect(gandi.at("home", "AAAA")).toBeDefined();
    expect(gandi.calls.filter((call) => call.includes("CNAME"))).toEqual([]);
  });

  test("at the apex there can be no CNAME to look for", async () => {
    declare({ name: "@" });
    const result = await run();
    expect(result.status.fqdn).toBe("example.com");
    expect(gandi.calls.filter((call) => call.includes("CNAME"))).toEqual([]);
  });

  test("another name of the same DnsRecord starts anew", async () => {
    gandi.stand("home", "A", 300, "203.0.113.9");
    await run();
    gandi.stand("www", "A", 300, "203.0.113.8", "203.0.113.9");
    record = { ...record, spec: { ...record.spec, name: "www" } };
    const result = await run();
    expect(synced(result)).toBe("False Conflict");
    expect(result.status).not.toHaveProperty("published");
    expect(result.status).not.toHaveProperty("replaced");
    expect(gandi.at("home", "A")?.values).toEqual(["198.51.100.20"]);
  });
});

describe("the first take-over", () => {
  test("one foreign value is replaced, and kept in the status for good", async () => {
    gandi.stand("home", "A", 10800, "203.0.113.9");
    const replaced = [{ type: "A", ttl: 10800, values: ["203.0.113.9"] }];
    expect((await run()).status.replaced).toEqual(replaced);
    gandi.stand("home", "A", 300, "203.0.113.10");
    expect((await run()).status.replaced).toEqual(replaced);
    expect((await run({ ...wan, ipv4: "198.51.100.77" })).status.replaced).toEqual(replaced);
  });

  test("it is kept even where the answer to the write gets lost", async () => {
    gandi.stand("home", "A", 10800, "203.0.113.9");
    gandi.fault = (call) => (call.startsWith("PUT") ? network : undefined);
    expect((await run()).status.replaced).toEqual([{ type: "A", ttl: 10800, values: ["203.0.113.9"] }]);
  });

  test("several values are left alone", async () => {
    gandi.stand("home", "A", 300, "203.0.113.8", "203.0.113.9");
    const result = await run();
    expect(synced(result)).toBe("False Conflict");
    expect(result.action).toBe("blocked");
    expect(result.retryAfterMs).toBeGreaterThanOrEqual(300_000);
    expect(result.status).not.toHaveProperty("published");
    expect(gandi.calls).toEqual(["GET example.com home A"]);
  });

  test("a CNAME is left alone, even with Adopt", async () => {
    declare({ conflictPolicy: "Adopt" });
    gandi.stand("home", "CNAME", 300, "elsewhere.example.net.");
    const result = await run();
    expect(synced(result)).toBe("False Conflict");
    expect(message(result)).toContain("CNAME to elsewhere.example.net.");
    expect(gandi.calls.filter((call) => call.startsWith("PUT"))).toEqual([]);
  });

  test("what is right already becomes ours, also with Refuse: it may be our own of before", async () => {
    declare({ conflictPolicy: "Refuse" });
    gandi.stand("home", "A", 300, "198.51.100.20");
    expect(synced(await run())).toBe("True Synced");
    expect(synced(await run({ ...wan, ipv4: "198.51.100.77" }))).toBe("True Synced");
    expect(gandi.at("home", "A")?.values).toEqual(["198.51.100.77"]);
  });
});

describe("when nothing is known", () => {
  test("nothing is asked, and what was published stays in the status and at Gandi", async () => {
    const before = await run();
    const result = await run({});
    expect(gandi.calls).toEqual([]);
    expect(synced(result)).toBe("False WaitingForAddress");
    expect(result.action).toBe("blocked");
    expect(result).not.toHaveProperty("retryAfterMs");
    expect(result.status.published).toEqual(before.status.published);
  });

  test("a family that is missing does not hold up the other", async () => {
    declare({ types: ["AAAA", "A"], ipv6Suffix: "::10" });
    const result = await run({ ipv4: "198.51.100.20" });
    expect(synced(result)).toBe("False WaitingForAddress");
    expect(message(result)).toContain("A 198.51.100.20 (TTL 300) is in place.");
    expect(result.status.published).toEqual([{ type: "A", ttl: 300, values: ["198.51.100.20"] }]);
  });

  test("a record that makes no sense says everything, asks nothing, and loses nothing", async () => {
    const before = await run();
    record = { ...record, spec: { ...record.spec, zone: "example", types: ["AAAA"] } };
    const result = await run();
    expect(gandi.calls).toEqual([]);
    expect(synced(result)).toBe("False Invalid");
    expect(message(result)).toMatch(/two labels.*ipv6Suffix/);
    expect(result.status.published).toEqual(before.status.published);
    expect(result.status.fqdn).toBe("home.example.com");
  });

  test("an rrset that an older record has is not touched", async () => {
    declare({ types: ["A", "AAAA"], ipv6Suffix: "::10" });
    const result = await run(wan, { lostTo: new Map([["A", "older"]]) });
    expect(synced(result)).toBe("False Conflict");
    expect(message(result)).toContain("DnsRecord older");
    expect(gandi.at("home", "A")).toBeUndefined();
    expect(gandi.at("home", "AAAA")).toBeDefined();
  });

  test("a Service's addresses are used where they are given", async () => {
    declare({ source: { kind: "Service", service: { namespace: "web", name: "front" } } });
    expect(synced(await run())).toBe("False WaitingForAddress");
    expect(synced(await run(wan, { serviceAddresses: ["1.1.1.1"] }))).toBe("True Synced");
  });
});

describe("failures", () => {
  test.each<[LiveDnsFailure, string]>([
    [{ kind: "Unauthorized", message: "m" }, "TokenRefused"],
    [{ kind: "Forbidden", message: "m", status: 403 }, "AccessDenied"],
    [{ kind: "ZoneNotFound", message: "m", status: 404 }, "ZoneNotFound"],
    [{ kind: "Invalid", message: "m", status: 400 }, "Invalid"],
    [{ kind: "RateLimited", message: "m", retryAfterMs: 1 }, "RateLimited"],
    [{ kind: "ServerError", message: "m", status: 500 }, "GandiUnavailable"],
    [{ kind: "Network", message: "m" }, "GandiUnavailable"],
    [{ kind: "Timeout", message: "m" }, "GandiUnavailable"],
    [{ kind: "Unexpected", message: "m", status: 200 }, "UnexpectedAnswer"],
  ])("%j while looking or writing is %s, and what is published stays", async (failure, reason) => {
    const before = await run();
    for (const method of ["GET", "PUT"]) {
      gandi.fault = (call) => (call.startsWith(method) ? failure : undefined);
      const result = await run({ ...wan, ipv4: "198.51.100.77" });
      expect(synced(result)).toBe(`False ${reason}`);
      expect(message(result)).toBe("m");
      expect(result.action).toBe("failed");
      expect(result.retryAfterMs).toBeGreaterThan(0);
      expect(result.status.published).toEqual(before.status.published);
    }
    expect(gandi.at("home", "A")?.values).toEqual(["198.51.100.20"]);
    gandi.fault = () => undefined;
    expect(synced(await run({ ...wan, ipv4: "198.51.100.77" }))).toBe("True Synced");
  });

  test("a failure that the other rrsets would meet too is met once; a refused rrset is its own matter", async () => {
    declare({ types: ["A", "AAAA"], ipv6Suffix: "::10" });
    gandi.fault = (call) => (call.endsWith("home A") ? network : undefined);
    await run();
    expect(gandi.calls).toEqual(["GET example.com home A"]);
    gandi.fault = (call) =>
      call.startsWith("PUT example.com home A ") ? { kind: "Invalid", message: "m" } : undefined;
    expect(synced(await run())).toBe("False Invalid");
    expect(gandi.at("home", "AAAA")).toBeDefined();
  });

  test("an edit that cannot be corrected yet is still somebody else's, and no correction", async () => {
    const before = await run();
    gandi.stand("home", "A", 300, "203.0.113.9");
    gandi.fault = (call) => (call.startsWith("PUT") ? network : undefined);
    const result = await run();
    expect(result.status.published).toEqual(before.status.published);
    expect(result.corrected).toEqual([]);
    gandi.fault = () => undefined;
    expect((await run()).corrected).toHaveLength(1);
  });

  test("a record that somebody deleted, and that cannot be written, is still ours", async () => {
    const before = await run();
    gandi.rrsets.clear();
    gandi.fault = (call) => (call.startsWith("PUT") ? network : undefined);
    expect((await run()).status.published).toEqual(before.status.published);
  });

  test("an accepted write whose read-back fails is not called synced", async () => {
    let asked = 0;
    gandi.fault = (call) => (call.endsWith("home A") && ++asked === 2 ? network : undefined);
    const result = await run();
    expect(synced(result)).toBe("False GandiUnavailable");
    expect(result.status.published).toEqual([{ type: "A", ttl: 300, values: ["198.51.100.20"] }]);
    expect(await run()).toMatchObject({ action: "none" });
  });

  test("an accepted write after which something else stands there is told apart", async () => {
    gandi.store = () => ({ type: "A", ttl: 300, values: ["203.0.113.9"] });
    const result = await run();
    expect(synced(result)).toBe("False ReadBackDiffers");
    expect(result.status.published).toEqual([{ type: "A", ttl: 300, values: ["198.51.100.20"] }]);
    gandi.store = () => undefined;
    gandi.rrsets.clear();
    expect(synced(await run())).toBe("False ReadBackDiffers");
  });

  test("a read-back that is a second late is not called a difference", async () => {
    let reads = 0;
    const late: RecordContext["livedns"] = {
      ...gandi.api,
      getRrset: async (...args) => (++reads === 3 ? { ok: true, value: undefined } : await gandi.api.getRrset(...args)),
    };
    expect(synced(await run(wan, { livedns: late }))).toBe("True Synced");
    expect(reads).toBe(4);
  });

  test("one that is later still is written again, and is nobody's change", async () => {
    gandi.store = () => undefined;
    await run();
    const result = await run();
    expect(synced(result)).toBe("False ReadBackDiffers");
    expect(result.corrected).toEqual([]);
    expect(result.status).not.toHaveProperty("published");
  });

  test("the same failure makes the same status, and one warning", async () => {
    gandi.fault = () => network;
    const first = await run();
    expect(lines.filter((line) => line.includes("WARN"))).toHaveLength(1);
    clock.advance(5_000);
    const second = await run(wan, { attempt: 5 });
    expect(second.status).toEqual(first.status);
    expect(lines.filter((line) => line.includes("WARN"))).toEqual([]);
  });

  test("other conditions stay as they are", async () => {
    await run();
    const verified = {
      type: "Verified",
      status: "True" as const,
      reason: "Seen",
      message: "",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    };
    record = { ...record, status: { ...record.status, conditions: [...(record.status?.conditions ?? []), verified] } };
    gandi.fault = () => network;
    expect((await run()).status.conditions).toContainEqual(verified);
  });

  test("an abort rejects with its reason and leaves nothing half noted", async () => {
    const reason = new Error("lease lost");
    const context = { livedns: gandi.api, clock, log: keptLog().log, random: () => 0, attempt: 0 };
    await expect(reconcileRecord(record, wan, context, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(gandi.calls).toEqual([]);
  });
});

describe("a write whose answer is lost, and then another address", () => {
  const lose = (failure: LiveDnsFailure): void => {
    gandi.lost = (call) => (call.startsWith("PUT") ? failure : undefined);
  };
  const afterwards = async (): Promise<Reconciled> => {
    gandi.lost = () => undefined;
    return await run({ ...wan, ipv4: "198.51.100.77" });
  };
  const unclear: [LiveDnsFailure][] = [
    [network],
    [{ kind: "Timeout", message: "m" }],
    [{ kind: "ServerError", message: "m", status: 502 }],
    [{ kind: "Unexpected", message: "m", status: 200 }],
  ];

  test.each(unclear)("with Refuse, after %j, the record's own value is no stranger's", async (failure) => {
    declare({ conflictPolicy: "Refuse" });
    lose(failure);
    expect((await run()).status.attempted).toEqual([{ type: "A", ttl: 300, values: ["198.51.100.20"] }]);
    const result = await afterwards();
    expect(synced(result)).toBe("True Synced");
    expect(gandi.at("home", "A")?.values).toEqual(["198.51.100.77"]);
    expect(result.status).not.toHaveProperty("replaced");
    expect(result.status).not.toHaveProperty("attempted");
  });

  test("with Refuse, after a stop in the middle of the very first write, its own value is no stranger's", async () => {
    declare({ conflictPolicy: "Refuse" });
    const noted: DnsRecordStatus[] = [];
    const note = (status: DnsRecordStatus) => Promise.resolve(void noted.push(status));
    await run(wan, { note });
    record = { ...record, status: dnsRecordStatus.parse(noted.at(-1)) };
    expect(synced(await afterwards())).toBe("True Synced");
    expect(gandi.at("home", "A")?.values).toEqual(["198.51.100.77"]);
  });

  test("what a person had there stays noted", async () => {
    gandi.stand("home", "A", 10800, "203.0.113.9");
    lose(network);
    await run();
    expect((await afterwards()).status.replaced).toEqual([{ type: "A", ttl: 10800, values: ["203.0.113.9"] }]);
  });

  test("what a person puts there after a first write that never came through is noted, too", async () => {
    gandi.fault = (call) => (call.startsWith("PUT") ? network : undefined);
    await run();
    gandi.stand("home", "A", 10800, "203.0.113.9");
    gandi.fault = () => undefined;
    expect((await afterwards()).status.replaced).toEqual([{ type: "A", ttl: 10800, values: ["203.0.113.9"] }]);
  });

  test("it stays noted also where the second write meets what the first left only later", async () => {
    gandi.stand("home", "A", 10800, "203.0.113.9");
    gandi.fault = (call) => (call.startsWith("PUT") ? network : undefined);
    await run();
    await run({ ...wan, ipv4: "198.51.100.21" });
    gandi.fault = () => undefined;
    gandi.stand("home", "A", 300, "198.51.100.20");
    expect((await afterwards()).status.replaced).toEqual([{ type: "A", ttl: 10800, values: ["203.0.113.9"] }]);
  });

  test("it is nobody's change: driftLimit is not used up", async () => {
    declare({ driftLimit: 0 });
    await run();
    lose(network);
    await run({ ...wan, ipv4: "198.51.100.21" });
    const result = await afterwards();
    expect(synced(result)).toBe("True Synced");
    expect(result.corrected).toEqual([]);
  });

  test("somebody else's value there is still somebody else's", async () => {
    await run();
    lose(network);
    await run({ ...wan, ipv4: "198.51.100.21" });
    gandi.stand("home", "A", 300, "203.0.113.9");
    expect((await afterwards()).corrected).toHaveLength(1);
  });

  test("one that Gandi accepted and showed too late is the record's own, too", async () => {
    declare({ conflictPolicy: "Refuse" });
    gandi.store = () => undefined;
    expect(synced(await run())).toBe("False ReadBackDiffers");
    gandi.store = (rrset) => rrset;
    gandi.stand("home", "A", 300, "198.51.100.20");
    expect(synced(await afterwards())).toBe("True Synced");
  });

  test("a refusal leaves nothing in doubt", async () => {
    gandi.fault = (call) => (call.startsWith("PUT") ? { kind: "Invalid", message: "m", status: 400 } : undefined);
    expect((await run()).status).not.toHaveProperty("attempted");
  });

  test("with Delete it goes, too, when the record gets another name", async () => {
    declare({ deletionPolicy: "Delete" });
    await run();
    lose(network);
    await run({ ...wan, ipv4: "198.51.100.21" });
    record = { ...record, spec: { ...record.spec, name: "www" } };
    expect((await afterwards()).status).not.toHaveProperty("left");
    expect(gandi.at("home", "A")).toBeUndefined();
  });
});

describe("while there is budget for changes, and none for looks", () => {
  const A = { type: "A" as const, ttl: 300, values: ["198.51.100.20"] };

  beforeEach(() => {
    gandi.budget = new RateBudget(clock, { limit: 20 });
    for (let i = 0; i < 14; i++) gandi.budget.take();
  });

  test("a record is not looked at that stands as it should, or that is only to be planned", async () => {
    record = { ...record, status: { fqdn: "home.example.com", zone: "example.com", published: [A] } };
    expect(synced(await run())).toBe("False WaitingForBudget");
    declare({ dryRun: true });
    expect(synced(await run())).toBe("False WaitingForBudget");
    expect(gandi.calls).toEqual([]);
  });

  test("a write of which nobody knows whether it came through is looked after like a change", async () => {
    const attempted = [{ ...A, values: ["198.51.100.77"] }];
    record = { ...record, status: { fqdn: "home.example.com", zone: "example.com", published: [A], attempted } };
    gandi.stand("home", "A", 300, "198.51.100.77");
    await run();
    expect(gandi.at("home", "A")).toEqual(A);
  });

  test("a change does not begin that could not be read back", async () => {
    for (let i = 0; i < 3; i++) gandi.budget?.take();
    expect(synced(await run())).toBe("False WaitingForBudget");
    expect([gandi.calls, gandi.budget?.left()]).toEqual([[], 3]);
  });

  test("what a run has set aside and not used is free again", async () => {
    gandi.stand("home", "A", 300, "198.51.100.20");
    await run();
    expect([gandi.calls.length, gandi.budget?.left()]).toEqual([1, 5]);
  });
});

describe("a turn that has not come", () => {
  const spent: LiveDnsFailure = { kind: "BudgetSpent", message: "Waits.", retryAfterMs: 20_000 };
  const moved = { ...wan, ipv4: "198.51.100.77" };

  test("is no failure, and what is to be written waits", async () => {
    await run();
    gandi.fault = () => spent;
    const result = await run(moved);
    expect([synced(result), message(result), result.action]).toEqual(["False WaitingForBudget", "Waits.", "blocked"]);
    expect(result.status.published).toEqual([{ type: "A", ttl: 300, values: ["198.51.100.20"] }]);
  });

  test("leaves what was in place called so, and it is looked at soon", async () => {
    const before = await run();
    gandi.fault = () => spent;
    const result = await run();
    expect(result.status).toEqual(before.status);
    expect([result.action, result.retryAfterMs]).toEqual(["none", 20_000]);
    expect(lines).toEqual([]);
  });

  test("for one rrset that is in place does not hide another that is not", async () => {
    declare({ types: ["A", "AAAA"], ipv6Suffix: "::10" });
    await run();
    gandi.fault = () => spent;
    expect(synced(await run())).toBe("True Synced");
    expect(synced(await run({ ...wan, ipv6Prefix: "2001:db8:200::/64" }))).toBe("False WaitingForBudget");
    // Until the next look it is not known whether the former value is in place again.
    expect(synced(await run())).toBe("False WaitingForBudget");
  });

  test("between a write and its read-back is not called synced, neither then nor later", async () => {
    await run();
    let put = false;
    gandi.fault = (call) => {
      const fault = put ? spent : undefined;
      put ||= call.startsWith("PUT");
      return fault;
    };
    expect(synced(await run(moved))).toBe("False WaitingForBudget");
    expect(synced(await run(moved))).toBe("False WaitingForBudget");
    gandi.fault = () => undefined;
    expect(synced(await run(moved))).toBe("True Synced");
  });
});

describe("somebody else who changes the record again and again", () => {
  const hostile = async (known = wan): Promise<Reconciled> => {
    clock.advance(60_000);
    gandi.stand("home", "A", 300, "203.0.113.9");
    return await run(known);
  };

  test("is corrected driftLimit times within an hour, then the record is Contested and says what to do", async () => {
    await run();
    for (let i = 0; i < 3; i++) expect(synced(await hostile())).toBe("True Synced");
    const result = await hostile();
    expect(synced(result)).toBe("False Contested");
    expect(message(result)).toMatch(/203\.0\.113\.9 stands there now, and driftLimit allows 3 .*stop it/s);
    expect(gandi.at("home", "A")?.values).toEqual(["203.0.113.9"]);
    expect(result.retryAfterMs).toBe(57 * 60_000);
  });

  test("who writes again before the read-back is held by the same limit", async () => {
    await run();
    gandi.store = (rrset) => ({ ...rrset, values: ["203.0.113.9"] });
    for (let i = 1; i <= 3; i++) {
      const result = await hostile();
      expect(synced(result)).toBe("False ReadBackDiffers");
      expect(result.status.corrections).toHaveLength(i);
    }
    expect(synced(await hostile())).toBe("False Contested");
  });

  test("does not hold a new address, which counts as a correction, and the limit is for that one from then on", async () => {
    await run();
    for (let i = 0; i < 4; i++) await hostile();
    const moved = { ...wan, ipv4: "198.51.100.77" };
    const result = await run(moved);
    expect([result.action, synced(result)]).toEqual(["put", "True Synced"]);
    expect(gandi.at("home", "A")?.values).toEqual(["198.51.100.77"]);
    expect(result.status.corrections).toHaveLength(4);
    expect(synced(await hostile(moved))).toBe("False Contested");
  });

  test("who follows every new address does not make the status longer than it may be", async () => {
    await run();
    for (let i = 1; i <= 70; i++) {
      gandi.stand("home", "A", 300, "203.0.113.9");
      expect((await run({ ...wan, ipv4: `198.51.100.${i + 100}` })).action).toBe("put");
    }
  });

  test("is corrected again once the first correction is an hour old", async () => {
    await run();
    for (let i = 0; i < 4; i++) await hostile();
    clock.advance(57 * 60_000);
    const result = await run();
    expect(synced(result)).toBe("True Synced");
    expect(result.status.corrections).toHaveLength(3);
  });

  test("another holder of the lease knows of the corrections by the status, and they leave it after an hour", async () => {
    await run();
    await hostile();
    expect(record.status?.corrections).toHaveLength(1);
    clock.advance(3_600_000);
    expect((await run()).status).not.toHaveProperty("corrections");
  });

  test("is never corrected with driftLimit 0, and a change of our own goes on", async () => {
    declare({ driftLimit: 0 });
    await run();
    const moved = { ...wan, ipv4: "198.51.100.77" };
    expect((await run(moved)).action).toBe("put");
    expect(synced(await hostile(moved))).toBe("False Contested");
  });
});

describe("a dry run", () => {
  test("looks, plans and writes nothing", async () => {
    declare({ dryRun: true });
    const created = await run();
    expect(created.status.plan).toEqual(["create A home.example.com 198.51.100.20 (TTL 300)"]);
    expect(synced(created)).toBe("False DryRun");
    gandi.stand("home", "A", 600, "203.0.113.9");
    const result = await run();
    expect(gandi.calls).toEqual(["GET example.com home A"]);
    expect(result.status.plan).toEqual([
      "write A home.example.com 198.51.100.20 (TTL 300) in place of 203.0.113.9 (TTL 600)",
    ]);
    expect(message(result)).toContain(result.status.plan?.[0]);
    expect(result.status).not.toHaveProperty("published");
    expect(result.status).not.toHaveProperty("replaced");
  });

  test("claims nothing that stands there already, and its plan goes when it ends", async () => {
    declare({ dryRun: true });
    gandi.stand("home", "A", 300, "198.51.100.20");
    const result = await run();
    expect(result.status.plan).toEqual(["leave A home.example.com 198.51.100.20 (TTL 300), which stands there"]);
    expect(result.status).not.toHaveProperty("published");
    record = { ...record, spec: { ...record.spec, dryRun: false } };
    expect((await run()).status).not.toHaveProperty("plan");
  });

  test("a refusal of Gandi is told as such", async () => {
    declare({ dryRun: true });
    gandi.fault = () => network;
    expect(synced(await run())).toBe("False GandiUnavailable");
  });
});

describe("a record that gets another name or loses a type", () => {
  const rename = (spec: Partial<DnsRecordObject["spec"]>): void => {
    record = { ...record, spec: { ...record.spec, ...spec } };
  };

  test("with Delete the former rrset goes once the new one stands", async () => {
    declare({ deletionPolicy: "Delete" });
    await run();
    rename({ name: "www" });
    const result = await run();
    expect(synced(result)).toBe("True Synced");
    expect(gandi.calls.filter((call) => !call.startsWith("GET"))).toEqual([
      "PUT example.com www A 198.51.100.20 300",
      "DELETE example.com home A",
    ]);
    expect(result.status).not.toHaveProperty("left");
  });

  const elsewhere = { ...wan };
  delete elsewhere.ipv6Prefix;
  test.each<[string, Partial<DnsRecordObject["spec"]>, WanAddressStatus, () => void, string]>([
    [
      "something else stands at the new name",
      { name: "www" },
      wan,
      () => {
        gandi.stand("www", "A", 300, "203.0.113.8", "203.0.113.9");
      },
      "Conflict",
    ],
    [
      "Gandi refuses the new one",
      { name: "www" },
      wan,
      () => {
        gandi.fault = (call) => (call.startsWith("PUT") ? { kind: "Invalid", message: "m" } : undefined);
      },
      "Invalid",
    ],
    [
      "Gandi answers something else than the new one",
      { name: "www" },
      wan,
      () => {
        gandi.store = () => undefined;
      },
      "ReadBackDiffers",
    ],
    [
      "the address of the new type is not known",
      { types: ["AAAA"], ipv6Suffix: "::10" },
      elsewhere,
      () => undefined,
      "WaitingForAddress",
    ],
  ])("with Delete the former rrset stays while %s, and goes after that", async (_, spec, known, obstruct, reason) => {
    declare({ deletionPolicy: "Delete" });
    await run();
    rename(spec);
    obstruct();
    expect(synced(await run(known))).toBe(`False ${reason}`);
    expect(gandi.at("home", "A")?.values).toEqual(["198.51.100.20"]);
    [gandi.fault, gandi.store] = [() => undefined, (rrset) => rrset];
    gandi.rrsets.delete("example.com www A");
    expect(synced(await run())).toBe("True Synced");
    expect(gandi.at("home", "A")).toBeUndefined();
  });

  test("a zone spelled in capitals is the same zone: nothing is deleted, and nobody has changed anything", async () => {
    declare({ deletionPolicy: "Delete" });
    gandi.stand("home", "A", 600, "203.0.113.9");
    const before = await run();
    rename({ zone: "Example.COM" });
    expect((await run()).action).toBe("none");
    expect(gandi.at("home", "A")?.values).toEqual(["198.51.100.20"]);
    const result = await run({ ...wan, ipv4: "198.51.100.77" });
    expect(gandi.at("home", "A")?.values).toEqual(["198.51.100.77"]);
    expect(result.corrected).toEqual([]);
    expect(result.status.replaced).toEqual(before.status.replaced);
  });

  test("with Delete a type that is no longer wanted goes, and the other stays", async () => {
    declare({ deletionPolicy: "Delete", types: ["A", "AAAA"], ipv6Suffix: "::10" });
    await run();
    rename({ types: ["A"] });
    await run();
    expect(gandi.at("home", "AAAA")).toBeUndefined();
    expect(gandi.at("home", "A")).toBeDefined();
  });

  test("with Retain everything stays", async () => {
    declare({ types: ["A", "AAAA"], ipv6Suffix: "::10" });
    await run();
    rename({ types: ["A"], zone: "example.net" });
    await run();
    expect(gandi.calls.filter((call) => call.startsWith("DELETE"))).toEqual([]);
    expect(gandi.at("home", "AAAA")).toBeDefined();
  });

  test("what somebody has changed since, or another record has, is left alone", async () => {
    declare({ deletionPolicy: "Delete" });
    await run();
    gandi.stand("home", "A", 300, "203.0.113.9");
    rename({ name: "www" });
    await run();
    expect(gandi.at("home", "A")?.values).toEqual(["203.0.113.9"]);
    rename({ name: "again" });
    await run(wan, {
      claimedBy: (_zone, name) => (name === "www" ? { by: "other", holds: [], isDryRun: false } : undefined),
    });
    expect(gandi.at("www", "A")).toBeDefined();
  });

  test("while it cannot be deleted it is remembered, and a name that comes back is the record's own", async () => {
    declare({ deletionPolicy: "Delete" });
    await run();
    rename({ name: "www" });
    gandi.fault = (call) => (call.startsWith("DELETE") ? network : undefined);
    const result = await run();
    expect(synced(result)).toBe("False GandiUnavailable");
    expect(result.status.left).toEqual([
      { zone: "example.com", name: "home", type: "A", ttl: 300, values: ["198.51.100.20"], attempted: true },
    ]);
    rename({ name: "home" });
    gandi.fault = () => undefined;
    const back = await run({ ...wan, ipv4: "198.51.100.77" });
    expect(gandi.at("home", "A")?.values).toEqual(["198.51.100.77"]);
    expect(gandi.at("www", "A")).toBeUndefined();
    expect(back.corrected).toEqual([]);
  });
});

describe("when to come back", () => {
  async function delay(failure: LiveDnsFailure, attempt: number, random: number): Promise<number | undefined> {
    gandi.fault = () => failure;
    return (await run(wan, { attempt, random: () => random })).retryAfterMs;
  }

  test("a broken connection is tried again after a second, then ever later up to five minutes", async () => {
    expect(await delay(network, 0, 1)).toBe(1_000);
    expect(await delay(network, 0, 0)).toBe(500);
    expect(await delay(network, 3, 1)).toBe(8_000);
    expect(await delay(network, 1000, 1)).toBe(300_000);
  });

  test("what Gandi asks for is the least, and is never cut short", async () => {
    const limited: LiveDnsFailure = { kind: "RateLimited", message: "m", status: 429, retryAfterMs: 40_000 };
    expect(await delay(limited, 0, 0)).toBe(40_000);
    expect(await delay(limited, 0, 0.5)).toBe(42_000);
    expect(await delay({ kind: "ServerError", message: "m", status: 503, retryAfterMs: 40_000 }, 0, 0)).toBe(40_000);
    expect(await delay({ kind: "ServerError", message: "m", status: 500 }, 2, 1)).toBe(4_000);
  });

  test("our own budget's word is taken as it is, however often it failed before, and so is the rest of a pause", async () => {
    const words = { message: "m", retryAfterMs: 20_000 };
    expect(await delay({ kind: "BudgetSpent", ...words }, 9, 0)).toBe(20_000);
    expect(await delay({ kind: "RateLimited", ...words }, 9, 0)).toBe(20_000);
    expect(await delay({ kind: "RateLimited", ...words, status: 429 }, 9, 1)).toBe(300_000);
  });

  test("what a person has to mend is looked at at leisure", async () => {
    expect(await delay({ kind: "Forbidden", message: "m" }, 0, 0)).toBe(300_000);
    expect(await delay({ kind: "Unauthorized", message: "m" }, 0, 0)).toBe(60_000);
  });
});
