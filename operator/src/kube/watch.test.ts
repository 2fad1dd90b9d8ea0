import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DnsRecordObject } from "@esddns/common/api";
import type { Clock } from "../runtime/clock.ts";
import { dnsRecords } from "./resources.ts";
import { type ServedApi, serveApi, status } from "./testing.ts";
import { Watch } from "./watch.ts";
import { silentLog, virtualClock } from "../runtime/testing.ts";

const collection = "/apis/esddns.io/v1alpha1/namespaces/home/dnsrecords";
const record = (name: string, ttl = 300) => ({
  apiVersion: "esddns.io/v1alpha1",
  kind: "DnsRecord",
  metadata: { name, namespace: "home" },
  spec: { zone: "example.com", name, ttl },
});

const parse = (value: unknown): DnsRecordObject => {
  const parsed = dnsRecords.parse(value);
  return parsed.ok ? parsed.value : expect.unreachable();
};

let served: ServedApi;
let stop: AbortController;
let running: Promise<void> | undefined;
let changes: string[];
let pauses: number[];
let elapsed: number;
let logged: string[];

/** Pauses take no time but the clock's own. */
const clock: Clock = {
  now: () => elapsed,
  monotonic: () => elapsed,
  sleep: (ms) => {
    pauses.push(ms);
    elapsed += ms;
    return Promise.resolve();
  },
};

function start(): Watch<DnsRecordObject> {
  const watch = new Watch({
    client: served.client,
    resource: dnsRecords,
    namespace: "home",
    clock,
    random: () => 1,
    log: silentLog(logged),
    onChange: (name, object) => {
      changes.push(`${name} ${object === undefined ? "gone" : object.spec.ttl}`);
    },
  });
  running = watch.run(stop.signal);
  return watch;
}

const watchCalls = (): string[] => served.api.calls.map(({ target }) => target).filter((t) => t.includes("watch=1"));
const listCalls = (): string[] => served.api.calls.map(({ target }) => target).filter((t) => !t.includes("watch=1"));

/** The condition, or the end of the test's patience. */
async function until(condition: () => boolean): Promise<void> {
  await vi.waitFor(
    () => {
      if (!condition()) throw new Error("not yet");
    },
    { timeout: 5_000, interval: 5 },
  );
}

beforeEach(async () => {
  served = await serveApi();
  stop = new AbortController();
  running = undefined;
  [changes, pauses, logged, elapsed] = [[], [], [], 0];
});
afterEach(async () => {
  stop.abort();
  await running;
  await served.close();
});

describe("Watch", () => {
  it("lists, then follows what is added, changed and deleted", async () => {
    served.api.put(`${collection}/old`, record("old"));
    const watch = start();
    expect(watch.synced).toBe(false);
    expect(watch.ageMs()).toBeUndefined();
    await watch.whenSynced(stop.signal);
    await until(() => served.api.watching === 1);
    served.api.put(`${collection}/new`, record("new", 400));
    served.api.put(`${collection}/new`, record("new", 500));
    served.api.remove(`${collection}/old`);
    await until(() => changes.length === 4);
    expect(changes).toEqual(["old 300", "new 400", "new 500", "old gone"]);
    expect(watch.items().map(({ metadata }) => metadata.name)).toEqual(["new"]);
  });

  it("goes on where it was after the connection is cut", async () => {
    const watch = start();
    await until(() => served.api.watching === 1);
    served.api.put(`${collection}/a`, record("a"));
    await until(() => changes.length === 1);
    const { resourceVersion } = served.api;
    served.cutWatches();
    await until(() => watchCalls().length === 2 && served.api.watching === 1);
    expect(watchCalls()[1]).toContain(`resourceVersion=${resourceVersion}`);
    expect(listCalls()).toHaveLength(1);
    expect(pauses).toEqual([500]);
    expect(watch.synced).toBe(true);
  });

  it("learns the resource version from bookmarks", async () => {
    start();
    await until(() => served.api.watching === 1);
    served.api.emit(`${collection}/`, { type: "BOOKMARK", object: { metadata: { resourceVersion: "777" } } });
    served.api.put(`${collection}/a`, record("a"));
    served.api.emit(`${collection}/`, { type: "BOOKMARK", object: { metadata: { resourceVersion: "888" } } });
    await until(() => changes.length === 1);
    served.cutWatches();
    await until(() => watchCalls().length === 2);
    expect(watchCalls()[1]).toContain("resourceVersion=888");
  });

  it("lists anew when its resource version has expired, and notices what it missed", async () => {
    served.api.put(`${collection}/kept`, record("kept"));
    served.api.put(`${collection}/lost`, record("lost"));
    start();
    await until(() => served.api.watching === 1);
    served.api.objects.delete(`${collection}/lost`);
    served.api.emit(`${collection}/`, { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } });
    await until(() => listCalls().length === 2 && served.api.watching === 1);
    expect(changes).toEqual(["kept 300", "lost 300", "lost gone"]);
    expect(pauses).toEqual([]);
  });

  it("does not spin on a server for which every version has expired", async () => {
    served.api.fault = ({ target }) => (target.includes("watch=1") ? status(410, "Expired", "too old") : undefined);
    start();
    await until(() => pauses.length >= 4);
    // The first time is in order and free.
    expect(pauses.slice(0, 3)).toEqual([1000, 2000, 4000]);
  });

  it("pauses longer and longer while the server fails, and keeps what it knew", async () => {
    served.api.put(`${collection}/a`, record("a"));
    const watch = start();
    await until(() => served.api.watching === 1);
    served.api.fault = () => status(500, "InternalError", "no");
    served.cutWatches();
    await until(() => pauses.length >= 9);
    expect(pauses.slice(0, 9)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(watch.items()).toHaveLength(1);
    expect(watch.ageMs()).toBeGreaterThanOrEqual(120_000);
    served.api.fault = () => undefined;
    served.api.put(`${collection}/b`, record("b"));
    await until(() => watch.items().length === 2);
    await until(() => watch.ageMs() === 0);
  });

  it.each([
    ["25 days, more than a timer can hold", "2147484"],
    ["an hour, longer than a loop may be silent", "3600"],
  ])("pauses for 30 seconds where the server asks for %s", async (_what, header) => {
    const refusal = status(429, "TooManyRequests", "slow down");
    served.api.fault = () => ({ ...refusal, headers: { "retry-after": header } });
    start();
    await until(() => pauses.length >= 3);
    expect(pauses.slice(0, 3)).toEqual([30_000, 30_000, 30_000]);
  });

  it("ignores and logs an object that is not as its definition has it", async () => {
    const watch = start();
    await until(() => served.api.watching === 1);
    served.api.put(`${collection}/bad`, { ...record("bad"), spec: { zone: 7 } });
    served.api.put(`${collection}/good`, record("good"));
    await until(() => changes.length === 1);
    expect(watch.items().map(({ metadata }) => metadata.name)).toEqual(["good"]);
    expect(logged).toContain("WARN object ignored: not as its definition has it");
  });

  it("reads everything anew when an event cannot be read", async () => {
    start();
    await until(() => served.api.watching === 1);
    served.api.put(`${collection}/a`, record("a"));
    await until(() => changes.length === 1);
    served.api.emit(`${collection}/`, [] as object);
    await until(() => listCalls().length === 2);
  });

  it("reads everything anew when an event is longer than any object can be", async () => {
    start();
    await until(() => served.api.watching === 1);
    served.api.put(`${collection}/a`, { ...record("a"), padding: "x".repeat(4 * 1024 * 1024) });
    await until(() => listCalls().length === 2);
  });

  it("lists anew after half an hour, however healthy the watch", async () => {
    start();
    await until(() => served.api.watching === 1);
    elapsed += 30 * 60_000;
    served.cutWatches();
    await until(() => listCalls().length === 2);
  });

  it("keeps the newer of an event and the answer to a write", async () => {
    const watch = start();
    await until(() => served.api.watching === 1);
    const older = served.api.put(`${collection}/a`, record("a", 400));
    const newer = served.api.put(`${collection}/a`, record("a", 500));
    await until(() => changes.length === 2);
    watch.put(parse(older));
    watch.put(parse(newer));
    expect(watch.get("a")?.spec.ttl).toBe(500);
    watch.put({ ...parse(newer), metadata: { ...parse(newer).metadata, resourceVersion: "9999" } });
    served.api.emit(`${collection}/a`, { type: "MODIFIED", object: older });
    served.api.put(`${collection}/b`, record("b"));
    await until(() => watch.get("b") !== undefined);
    expect(changes).toEqual(["a 400", "a 500", "a 500", "b 300"]);
  });

  it("does not take in the answer to a write that comes after the news that the object is gone", async () => {
    const watch = start();
    await until(() => served.api.watching === 1);
    const written = served.api.put(`${collection}/a`, record("a", 400));
    served.api.remove(`${collection}/a`);
    await until(() => changes.includes("a gone"));
    watch.put(parse(written));
    expect(watch.items()).toEqual([]);
    const again = served.api.put(`${collection}/a`, record("a", 500));
    watch.put(parse(again));
    expect(watch.get("a")?.spec.ttl).toBe(500);
  });

  it("keeps an object that was made anew when the watch tells late that the former one is gone", async () => {
    const watch = start();
    await until(() => served.api.watching === 1);
    const former = served.api.put(`${collection}/a`, record("a", 400));
    await until(() => watch.get("a") !== undefined);
    watch.put({ ...parse(former), metadata: { ...former.metadata, uid: "another", resourceVersion: "9999" } });
    served.api.remove(`${collection}/a`);
    served.api.put(`${collection}/b`, record("b"));
    await until(() => watch.get("b") !== undefined);
    expect(watch.get("a")?.metadata.uid).toBe("another");
  });

  it("takes a list for what there is, also where etcd came back from a backup and its versions are smaller", async () => {
    served.api.put(`${collection}/a`, record("a", 400));
    served.api.put(`${collection}/same`, record("same"));
    const watch = start();
    await until(() => served.api.watching === 1);
    const restored = { ...record("a", 300), metadata: { name: "a", namespace: "home", resourceVersion: "11" } };
    served.api.objects.set(`${collection}/a`, restored);
    served.api.resourceVersion = 12;
    served.api.emit(`${collection}/`, { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } });
    await until(() => listCalls().length === 2 && served.api.watching === 1);
    served.api.put(`${collection}/a`, record("a", 500));
    await until(() => watch.get("a")?.spec.ttl === 500);
    expect(changes).toEqual(["a 400", "same 300", "a 300", "a 500"]);
  });

  it("lists anew after a watch that was silent to its end: its resource version may be one of before a restore", async () => {
    start();
    await until(() => served.api.watching === 1);
    served.cutWatches();
    await until(() => listCalls().length === 2 && served.api.watching === 1);
    served.api.emit(`${collection}/`, { type: "BOOKMARK", object: { metadata: { resourceVersion: "777" } } });
    served.api.put(`${collection}/a`, record("a"));
    await until(() => changes.length === 1);
    served.cutWatches();
    await until(() => watchCalls().length === 3);
    expect(listCalls()).toHaveLength(2);
  });

  it("gives up waiting for the first list when told to", async () => {
    served.api.fault = () => status(503, "", "no");
    const watch = start();
    const impatient = new AbortController();
    const waiting = watch.whenSynced(impatient.signal);
    impatient.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });
});

describe("Watch on a server that accepts and says nothing", () => {
  it("takes a stream that ends at once for a failure", async () => {
    const time = virtualClock();
    let watches = 0;
    const watch = new Watch({
      client: {
        list: () => Promise.resolve({ ok: true, value: { resourceVersion: "1", items: [] } }),
        watch: () => {
          watches++;
          return Promise.resolve({ ok: true, value: (async function* () {})() });
        },
      },
      resource: dnsRecords,
      namespace: "home",
      clock: time,
      random: () => 1,
      log: silentLog(),
    });
    const ended = watch.run(stop.signal);
    await time.run(60_000);
    // 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s, then every 30 s.
    expect(watches).toBe(7);
    stop.abort();
    await ended;
  });
});

describe("Watch, while a list is under way", () => {
  it("keeps what was put meanwhile and is newer than the list, and nothing else", async () => {
    const item = (name: string, version: string, ttl: number): object => ({
      ...record(name, ttl),
      metadata: { name, namespace: "home", resourceVersion: version },
    });
    const lists = [1, 2].map(() => Promise.withResolvers<object[]>());
    let asked = 0;
    const watch = new Watch({
      client: {
        list: async () => ({
          ok: true,
          value: { resourceVersion: "450", items: (await lists[asked++]?.promise) ?? expect.unreachable() },
        }),
        watch: () => Promise.resolve({ ok: false, error: { kind: "Expired", message: "" } }),
      },
      resource: dnsRecords,
      namespace: "home",
      clock: virtualClock(),
      random: () => 1,
      log: silentLog(),
    });
    running = watch.run(stop.signal);
    lists[0]?.resolve([item("written", "400", 300), item("before", "400", 300)]);
    await until(() => asked === 2);
    watch.put(parse(item("before", "440", 600)));
    watch.put(parse(item("written", "500", 600)));
    watch.put(parse(item("made", "501", 600)));
    watch.put(parse(item("gone", "440", 600)));
    lists[1]?.resolve([item("written", "400", 300), item("before", "445", 900)]);
    await until(() => watch.get("gone") === undefined);
    expect(watch.items().map(({ metadata: { name }, spec }) => `${name} ${spec.ttl}`)).toEqual([
      "before 900",
      "made 600",
      "written 600",
    ]);
  });
});

describe("Watch.refresh", () => {
  const item = (name: string, version: number, ttl: number): object => ({
    ...record(name, ttl),
    metadata: { name, namespace: "home", resourceVersion: String(version) },
  });

  it("is ahead of a watch that stands still, and what that tells later does not bring the former state back", async () => {
    const events = new TransformStream<Uint8Array, Uint8Array>();
    const tell = events.writable.getWriter();
    let objects = [item("deleted", 10, 300), item("changed", 11, 300)];
    let version = 20;
    const watch = new Watch({
      client: {
        list: () => Promise.resolve({ ok: true, value: { resourceVersion: String(version), items: objects } }),
        watch: () => Promise.resolve({ ok: true, value: events.readable }),
      },
      resource: dnsRecords,
      namespace: "home",
      clock,
      random: () => 1,
      log: silentLog(),
      onChange: (name, object) => {
        changes.push(`${name} ${object === undefined ? "gone" : object.spec.ttl}`);
      },
    });
    running = watch.run(stop.signal);
    await until(() => watch.items().length === 2);
    [objects, version] = [[item("changed", 35, 900), item("again", 36, 300)], 40];
    await watch.refresh(stop.signal);
    const known = ["deleted 300", "changed 300", "changed 900", "again 300", "deleted gone"];
    expect(changes).toEqual(known);
    // The answer to a write of before the deletion.
    watch.put(parse(item("deleted", 30, 300)));
    const line = (type: string, object: object): Uint8Array => Buffer.from(`${JSON.stringify({ type, object })}\n`);
    await tell.write(line("MODIFIED", item("changed", 25, 600)));
    await tell.write(line("MODIFIED", item("deleted", 30, 300)));
    await tell.write(line("DELETED", item("again", 31, 300)));
    await tell.write(line("DELETED", item("deleted", 32, 300)));
    await tell.write(line("ADDED", item("new", 41, 300)));
    await until(() => watch.get("new") !== undefined);
    expect(changes).toEqual([...known, "new 300"]);
    await tell.close();
  });

  it("waits for a list that is under way, whose answer may be older", async () => {
    const answers = [1, 2].map(() => Promise.withResolvers<object[]>());
    let asked = 0;
    const watch = new Watch({
      client: {
        list: async () => {
          const mine = asked++;
          const items = (await answers[mine]?.promise) ?? expect.unreachable();
          return { ok: true, value: { resourceVersion: String(10 + mine), items } };
        },
        watch: () => new Promise(() => undefined),
      },
      resource: dnsRecords,
      namespace: "home",
      clock,
      random: () => 1,
      log: silentLog(),
    });
    const both = [watch.refresh(stop.signal), watch.refresh(stop.signal)];
    answers[1]?.resolve([item("home", 11, 600)]);
    answers[0]?.resolve([item("home", 9, 300)]);
    expect(await Promise.all(both)).toEqual([
      { ok: true, value: "10" },
      { ok: true, value: "11" },
    ]);
    expect(watch.get("home")?.spec.ttl).toBe(600);
  });

  it("does not overtake a list when the one between them is given up, and goes on when one has failed", async () => {
    const answers: PromiseWithResolvers<boolean>[] = [];
    const watch = new Watch({
      client: {
        list: async () => {
          const [answer, version] = [Promise.withResolvers<boolean>(), 11 + answers.length];
          answers.push(answer);
          const value = { resourceVersion: String(version), items: [item("home", version, 300)] };
          return (await answer.promise) ? { ok: true, value } : { ok: false, error: { kind: "Network", message: "" } };
        },
        watch: () => new Promise(() => undefined),
      },
      resource: dnsRecords,
      namespace: "home",
      clock,
      random: () => 1,
      log: silentLog(),
    });
    const impatient = new AbortController();
    const first = watch.refresh(stop.signal);
    const between = watch.refresh(impatient.signal);
    const last = watch.refresh(stop.signal);
    await until(() => answers.length === 1);
    impatient.abort(new Error("enough"));
    await expect(between).rejects.toThrow("enough");
    await new Promise(setImmediate);
    expect(answers).toHaveLength(1);
    answers[0]?.resolve(false);
    expect(await first).toMatchObject({ ok: false });
    await until(() => answers.length === 2);
    answers[1]?.resolve(true);
    expect(await last).toEqual({ ok: true, value: "12" });
  });
});
