import { describe, expect, it } from "vitest";
import { faultSchema, type FaultInput } from "./faults.ts";
import { MemoryZoneStore } from "./memoryZoneStore.ts";
import { Standin, type Delivery } from "./standin.ts";

const TOKEN = "0123456789abcdef";
const HOME = "/v5/livedns/domains/example.com/records/home/A";

function setUp(...faults: FaultInput[]) {
  const store = new MemoryZoneStore({ "example.com": [] });
  const slept: number[] = [];
  const lines: string[] = [];
  const standin = new Standin({
    account: { token: TOKEN, store },
    now: () => 1_700_000_000_000,
    sleep: (ms) => Promise.resolve(void slept.push(ms)),
    log: (line) => lines.push(line),
  });
  for (const fault of faults) standin.faults.add(faultSchema.parse(fault));
  const send = (method: string, target: string, body = ""): Promise<Delivery> =>
    standin.handle({ method, target, authorization: `Bearer ${TOKEN}`, body });
  const put = (value = "192.0.2.1"): Promise<Delivery> =>
    send("PUT", HOME, JSON.stringify({ rrset_values: [value], rrset_ttl: 300 }));
  return { standin, store, slept, lines, send, put };
}

function statusOf(delivery: Delivery): number | undefined {
  return delivery.kind === "never" ? undefined : delivery.answer.status;
}

describe("faults", () => {
  it.each([
    ["unauthorized", 401],
    ["forbidden-expired", 403],
    ["zone-not-found", 404],
    ["rate-limited", 429],
    ["server-error-html", 500],
    ["nonsense", 200],
    ["json-without-code", 401],
    ["invalid", 400],
  ] as const)("%s answers %d and writes nothing", async (fault, status) => {
    const { store, put } = setUp({ fault });
    expect(statusOf(await put())).toBe(status);
    expect(await store.read("example.com")).toEqual([]);
  });

  it("tells when to come back", async () => {
    const { put } = setUp({ fault: "rate-limited", retryAfter: 7 });
    expect(await put()).toMatchObject({ answer: { headers: { "Retry-After": "7" } } });
  });

  it("never answers a request that hangs, nor does what it asks", async () => {
    const { standin, store, put } = setUp({ fault: "hang" });
    expect(await put()).toEqual({ kind: "never" });
    expect(await store.read("example.com")).toEqual([]);
    expect(standin.requests[0]).not.toHaveProperty("status");
  });

  it("cuts the answer of a request that it carried out", async () => {
    const { store, put } = setUp({ fault: "cut" });
    expect(await put()).toMatchObject({ kind: "cut", answer: { status: 201 } });
    expect(await store.read("example.com")).toHaveLength(1);
  });

  it("is slow only when it has written", async () => {
    const { slept, put } = setUp({ fault: "slow", delayMs: 1_234 });
    expect(statusOf(await put())).toBe(201);
    expect(slept).toEqual([1_234]);
  });

  it("hits as many requests as asked, of those that match", async () => {
    const { send, put } = setUp({ fault: "invalid", times: 2, match: { method: "PUT", path: "/home/" } });
    expect(statusOf(await send("GET", "/v5/livedns/domains"))).toBe(200);
    expect([statusOf(await put()), statusOf(await put()), statusOf(await put())]).toEqual([400, 400, 201]);
  });

  it("ends when the faults are cleared", async () => {
    const { standin, put } = setUp({ fault: "unauthorized" });
    expect(statusOf(await put())).toBe(401);
    standin.faults.clear();
    expect(statusOf(await put())).toBe(201);
  });
});

describe("the log of requests", () => {
  it("has what was asked and answered, but not the token", async () => {
    const { standin, lines, put } = setUp();
    await put();
    expect(standin.requests).toEqual([
      {
        time: 1_700_000_000_000,
        method: "PUT",
        target: HOME,
        authorization: "Bearer",
        authorized: true,
        body: '{"rrset_values":["192.0.2.1"],"rrset_ttl":300}',
        zoneWide: false,
        status: 201,
      },
    ]);
    expect(lines.join()).not.toContain(TOKEN);
  });

  it.each(["PUT", "DELETE"])("marks a %s of a whole zone", async (method) => {
    const { standin, lines, send } = setUp();
    await send(method, "/v5/livedns/domains/example.com/records", '{"items":[]}');
    expect(standin.requests[0]).toMatchObject({ zoneWide: true });
    expect(lines[0]).toContain("ZONE-WIDE WRITE");
  });
});

describe("writes", () => {
  it("are judged one after the other", async () => {
    const { send } = setUp();
    const post = (): Promise<Delivery> => send("POST", HOME, '{"rrset_values":["192.0.2.1"]}');
    expect((await Promise.all([post(), post()])).map(statusOf)).toEqual([201, 409]);
  });

  it("that the zone store cannot do are a server error, and the next one is tried again", async () => {
    const { store, put } = setUp();
    const apply = store.apply.bind(store);
    store.apply = () => Promise.reject(new Error("SERVFAIL"));
    expect(statusOf(await put())).toBe(500);
    store.apply = apply;
    expect(statusOf(await put())).toBe(201);
  });
});
