import { beforeEach, describe, expect, it } from "vitest";
import { type LeaseOptions, runLease, type Term } from "./lease.ts";
import { directClient, FakeApi, status } from "./testing.ts";
import { silentLog, type VirtualClock, virtualClock } from "../runtime/testing.ts";

let api: FakeApi;
let clock: VirtualClock;
beforeEach(() => {
  api = new FakeApi();
  clock = virtualClock();
});

/** A contender that does nothing while it leads but note it. */
class Pod {
  readonly stop = new AbortController();
  readonly done: Promise<void>;
  term: Term | undefined;
  holder: string | undefined;
  /** How long `lead` continues after it should end. */
  windUpMs = 0;
  readonly history: string[] = [];

  constructor(identity: string, options: Partial<LeaseOptions> = {}) {
    this.done = runLease(
      {
        client: directClient(api),
        namespace: "home",
        name: "writer",
        identity,
        clock,
        random: () => 0,
        log: silentLog(),
        onHolder: (holder) => (this.holder = holder),
        ...options,
      },
      (term) => this.#lead(term),
      this.stop.signal,
    );
  }

  get leads(): boolean {
    return this.term !== undefined;
  }

  async #lead(term: Term): Promise<void> {
    this.term = term;
    this.history.push(`started ${clock.monotonic()}`);
    const ended = Promise.withResolvers<undefined>();
    term.signal.addEventListener("abort", () => {
      ended.resolve(undefined);
    });
    await ended.promise;
    if (this.windUpMs > 0) await clock.sleep(this.windUpMs);
    this.history.push(`stopped ${clock.monotonic()}`);
    this.term = undefined;
  }
}

const stored = (): Record<string, unknown> => api.objects.get("/leases/writer")?.["spec"] as Record<string, unknown>;

describe("runLease", () => {
  it("has one leader of two, who makes the lease and renews it every two seconds", async () => {
    const [a, b] = [new Pod("a"), new Pod("b")];
    await clock.run(60_000);
    expect([a.leads, b.leads]).toEqual([true, false]);
    expect([a.holder, b.holder]).toEqual(["a", "a"]);
    expect(stored()).toMatchObject({ holderIdentity: "a", leaseDurationSeconds: 15, leaseTransitions: 0 });
    expect(stored()["renewTime"]).toBe("2026-03-01T12:01:00.000000Z");
    expect(stored()["acquireTime"]).toBe("2026-03-01T12:00:00.000000Z");
    expect(api.calls.filter(({ method }) => method === "PUT")).toHaveLength(30);
  });

  it("is renewed by one request, and by another look where somebody has written it meanwhile", async () => {
    const a = new Pod("a");
    await clock.run(10_000);
    expect(api.calls.map(({ method }) => method)).toEqual(["GET", "POST", "PUT", "PUT", "PUT", "PUT", "PUT"]);
    const lease = api.objects.get("/leases/writer") ?? expect.unreachable();
    api.put("/leases/writer", { ...lease, metadata: { ...lease.metadata, labels: { a: "person" } } });
    await clock.run(4_000);
    expect(api.calls.slice(7).map(({ method }) => method)).toEqual(["PUT", "GET", "PUT", "PUT"]);
    expect(api.objects.get("/leases/writer")?.metadata.labels).toEqual({ a: "person" });
    expect(a.history).toEqual(["started 0"]);
  });

  it("that somebody has deleted is made anew, and one that somebody has taken is given up", async () => {
    const a = new Pod("a");
    await clock.run(3_000);
    api.remove("/leases/writer");
    await clock.run(2_000);
    expect(stored()).toMatchObject({ holderIdentity: "a" });
    const lease = api.objects.get("/leases/writer") ?? expect.unreachable();
    api.put("/leases/writer", { ...lease, spec: { ...stored(), holderIdentity: "b", renewTime: "later" } });
    await clock.run(2_000);
    expect(a.history).toEqual(["started 0", expect.stringMatching(/^stopped [67]\d{3}$/)]);
    expect(stored()).toMatchObject({ holderIdentity: "b" });
  });

  it("is handed over at once when the leader stops", async () => {
    const [a, b] = [new Pod("a"), new Pod("b")];
    await clock.run(30_000);
    a.stop.abort();
    await a.done;
    expect(stored()).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
    await clock.run(2_000);
    expect(b.leads).toBe(true);
    expect(stored()).toMatchObject({ holderIdentity: "b", leaseTransitions: 2 - 1 });
  });

  it("is left to another holder by a leader that stops before it has noticed", async () => {
    const a = new Pod("a");
    await clock.run(3_000);
    const lease = api.objects.get("/leases/writer") ?? expect.unreachable();
    api.put("/leases/writer", { ...lease, spec: { ...stored(), holderIdentity: "b" } });
    a.stop.abort();
    await a.done;
    expect(stored()).toMatchObject({ holderIdentity: "b", leaseDurationSeconds: 15 });
  });

  it("is given back only after the leader has wound up, and renewed until then", async () => {
    const [a, b] = [new Pod("a"), new Pod("b")];
    a.windUpMs = 20_000;
    await clock.run(5_000);
    a.stop.abort();
    await clock.run(19_000);
    expect([a.leads, b.leads]).toEqual([true, false]);
    expect(stored()["holderIdentity"]).toBe("a");
    await clock.run(4_000);
    expect([a.leads, b.leads]).toEqual([false, true]);
  });

  it("goes to the other 15 s after the leader was last heard of, not before", async () => {
    // The leader is killed: its calls never arrive any more.
    let alive = true;
    const a = new Pod("a", {
      client: directClient(api, () => (alive ? Promise.resolve() : new Promise(() => undefined))),
    });
    const b = new Pod("b");
    await clock.run(10_000);
    alive = false;
    await clock.run(14_000);
    expect(b.leads).toBe(false);
    await clock.run(4_000);
    expect(b.leads).toBe(true);
    expect(b.history).toEqual([expect.stringMatching(/^started 2[5-8]\d{3}$/)]);
    expect(a.leads).toBe(false);
  });

  it("is never believed beyond what others respect: the term ends before anybody can take over", async () => {
    let cut = false;
    const a = new Pod("a", {
      client: directClient(api, () => (cut ? Promise.reject(new Error("cut")) : Promise.resolve())),
    });
    const b = new Pod("b");
    await clock.run(10_000);
    const term = a.term;
    cut = true;
    for (let i = 0; i < 300; i++) {
      await clock.run(100);
      if (b.leads) expect(term?.remainingMs()).toBeLessThanOrEqual(0);
      expect(a.leads && b.leads).toBe(false);
    }
    expect(b.leads).toBe(true);
    // The renew deadline of 10 s after the last renewal, at the next look.
    expect(a.history[1]).toMatch(/^stopped (20|21|22)\d{3}$/);
  });

  it("counts what remains from before the renewal was sent", async () => {
    const a = new Pod("a", { client: directClient(api, () => clock.sleep(700)) });
    await clock.run(1_500);
    // Sent at 0, there at 1400 (a read and a write): others may count from any moment in between.
    expect(a.term?.remainingMs()).toBe(13_500);
  });

  it("has nothing remaining after a pause of the whole process, before it has noticed", async () => {
    const times = { now: 0 };
    const a = new Pod("a", { clock: { ...clock, monotonic: () => clock.monotonic() + times.now } });
    await clock.run(5_000);
    const term = a.term;
    times.now = 60_000;
    expect(a.leads).toBe(true);
    expect(term?.remainingMs()).toBeLessThan(0);
    const calls = api.calls.length;
    await clock.run(2_000);
    expect(a.history).toHaveLength(2);
    expect(api.calls.slice(calls).filter(({ method }) => method === "PUT")).toHaveLength(0);
    expect(term?.signal.aborted).toBe(true);
  });

  it("trusts nobody's wall clock", async () => {
    api.put("/leases/writer", {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "writer", namespace: "home" },
      spec: { holderIdentity: "x", leaseDurationSeconds: 15, renewTime: "1999-01-01T00:00:00.000000Z" },
    });
    const a = new Pod("a");
    await clock.run(14_900);
    expect(a.leads).toBe(false);
    await clock.run(3_000);
    expect(a.leads).toBe(true);
  });

  it("takes its own lease back at once after a restart of the same pod", async () => {
    api.put("/leases/writer", {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "writer", namespace: "home", labels: { kept: "yes" } },
      spec: { holderIdentity: "a", leaseDurationSeconds: 15, leaseTransitions: 3 },
    });
    const a = new Pod("a");
    await clock.run(0);
    expect(a.leads).toBe(true);
    expect(stored()).toMatchObject({ leaseTransitions: 3 });
    expect(api.objects.get("/leases/writer")?.metadata.labels).toEqual({ kept: "yes" });
  });

  it("has one winner when two write at the same moment", async () => {
    // Both read before either writes.
    const both = (): Promise<void> => clock.sleep(50);
    const pods = [new Pod("a", { client: directClient(api, both) }), new Pod("b", { client: directClient(api, both) })];
    await clock.run(1_000);
    expect(pods.filter(({ leads }) => leads)).toHaveLength(1);
  });

  it("survives a server that fails for less than the renew deadline", async () => {
    const a = new Pod("a");
    await clock.run(4_000);
    api.fault = () => status(500, "InternalError", "no");
    await clock.run(7_000);
    api.fault = () => undefined;
    await clock.run(20_000);
    expect(a.history).toEqual(["started 0"]);
    expect(a.term?.remainingMs()).toBeGreaterThan(12_000);
  });

  it("gives up a call that is not answered within five seconds", async () => {
    let hang = false;
    const client = directClient(api, (signal) => (hang ? clock.sleep(3_600_000, signal) : Promise.resolve()));
    const a = new Pod("a", { client });
    await clock.run(1_000);
    hang = true;
    await clock.run(5_000);
    hang = false;
    await clock.run(30_000);
    expect(a.history).toEqual(["started 0"]);
  });

  it("leads again after `lead` has failed", async () => {
    let turns = 0;
    const stop = new AbortController();
    const done = runLease(
      {
        client: directClient(api),
        namespace: "home",
        name: "writer",
        identity: "a",
        clock,
        random: () => 0,
        log: silentLog(),
      },
      async () => {
        if (++turns === 1) throw new Error("broken");
        await clock.sleep(1_000);
      },
      stop.signal,
    );
    await clock.run(5_000);
    expect(turns).toBeGreaterThanOrEqual(2);
    stop.abort();
    await clock.run(5_000);
    await done;
  });
});
