import { beforeEach, describe, expect, it } from "vitest";
import type { WanAddressObject } from "@esddns/common/api";
import { status } from "../kube/testing.ts";
import { vote } from "../decide/testing.ts";
import { World } from "./testing.ts";

const agreed = (address: string): string => `Google:${address} !ipify:${address}`;
const A = "203.0.113.20";
const B = "203.0.113.77";

let world: World;
beforeEach(() => {
  world = new World();
});

describe("the writer", () => {
  it("writes the decision, then the record, its status and the ConfigMap", async () => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    const end = world.lead();
    await world.clock.run(100);
    expect(world.wanStatus).toMatchObject({ ipv4: A, decisionId: 1 });
    expect(world.puts).toEqual([`PUT example.com home A ${A} 300`]);
    expect(world.stored("/dnsrecords/home")?.["status"]).toMatchObject({
      fqdn: "home.example.com",
      published: [{ type: "A", values: [A] }],
      conditions: [
        { type: "Synced", status: "True" },
        { type: "Verified", status: "Unknown", reason: "Pending" },
      ],
    });
    expect(world.stored("/configmaps/esddns-wan-ip")?.["data"]).toEqual({ ipv4: A, ip: A });
    expect(world.counted).toContain("update");
    expect(world.events).toMatchObject([
      { about: "WanAddress wan", reason: "Changed", note: `IPv4 is ${A}; told by Google, ipify.` },
      { about: "DnsRecord home", reason: "Synced" },
    ]);
    await end();
    expect(world.counted.at(-1)).toBe("leader false");
  });

  it("sends nothing to Gandi before the decision stands written", async () => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    world.api.fault = ({ target }) => (target.startsWith("/wanaddresses") ? status(500, "", "no") : undefined);
    const end = world.lead();
    await world.clock.run(120_000);
    expect(world.gandi.calls).toEqual([]);
    world.api.fault = () => undefined;
    await world.clock.run(40_000);
    expect(world.puts).toHaveLength(1);
    await end();
  });

  it("follows a change, on new connections", async () => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    const end = world.lead();
    await world.clock.run(1_000);
    const dropped = world.dropped;
    world.observe("node1", agreed(B));
    await world.clock.run(100);
    expect(world.wanStatus).toMatchObject({ ipv4: B, decisionId: 2, history: [{ from: A, to: B }, { to: A }] });
    expect(world.gandi.at("home", "A")?.values).toEqual([B]);
    expect(world.dropped).toBe(dropped + 1);
    expect(world.stored("/configmaps/esddns-wan-ip")?.["data"]).toEqual({ ipv4: B, ip: B });
    await end();
  });

  it("brings a ConfigMap back that somebody has deleted", async () => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    const end = world.lead();
    await world.clock.run(1_000);
    const [path = ""] = [...world.api.objects.keys()].filter((each) => each.endsWith("/configmaps/esddns-wan-ip"));
    world.api.remove(path);
    for (let minute = 0; minute < 11; minute++) {
      world.observe("node1", agreed(A));
      await world.clock.run(60_000);
    }
    expect(world.stored("/configmaps/esddns-wan-ip")?.["data"]).toEqual({ ipv4: A, ip: A });
    await end();
  });

  it("tells once that the router is behind another NAT, and once that it no longer is", async () => {
    const wan = world.wan.get("wan") ?? expect.unreachable();
    world.api.put("/wanaddresses/wan", { ...wan, spec: { ...wan.spec, router: "192.168.1.1" } });
    const router = (address: string): void => {
      world.observe("node1", agreed(A));
      const seen = world.observations.get("node1") ?? expect.unreachable();
      const word = { ...vote(`router:${address}`), source: "nat-pmp:192.168.1.1", transport: "nat-pmp" as const };
      world.observations.put({ ...seen, votes: [...seen.votes, word] });
    };
    const told = (): unknown[] => world.events.filter(({ reason }) => /NAT|Router/.test(reason));
    const end = world.lead();
    for (const address of ["100.64.3.3", "100.64.3.3", "100.64.3.4"]) {
      router(address);
      await world.clock.run(60_000);
    }
    expect(told()).toMatchObject([{ type: "Warning", reason: "CarrierGradeNAT", about: "WanAddress wan" }]);
    router(A);
    await world.clock.run(60_000);
    expect(told().slice(1)).toMatchObject([{ type: "Normal", reason: "RouterHasTheAddress" }]);
    await end();
  });

  it("does not warn of a record that only waits for the first address", async () => {
    world.addRecord("home");
    const end = world.lead();
    await world.clock.run(1_000);
    expect(world.events).toMatchObject([{ type: "Normal", reason: "WaitingForAddress", about: "DnsRecord home" }]);
    await end();
  });

  it("writes nothing while nothing changes, but looks at Gandi every interval and corrects a drift", async () => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    const end = world.lead();
    await world.clock.run(10_000);
    const writes = world.api.calls.filter(({ method }) => method !== "GET").length;
    await world.clock.run(285_000);
    expect(world.api.calls.filter(({ method }) => method !== "GET")).toHaveLength(writes);
    expect(world.puts).toHaveLength(1);
    world.gandi.stand("home", "A", 300, "192.0.2.66");
    await world.clock.run(20_000);
    expect(world.gandi.at("home", "A")?.values).toEqual([A]);
    await end();
  });

  it("keeps the address and the record when the votes disagree, and says so once", async () => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    const end = world.lead();
    await world.clock.run(1_000);
    for (let i = 0; i < 5; i++) {
      world.observe("node1", `Google:${A} Twilio:${A} Cloudflare:${B} !ipify:${B}`);
      await world.clock.run(30_000);
    }
    expect(world.wanStatus).toMatchObject({ ipv4: A, decisionId: 1 });
    expect(world.puts).toHaveLength(1);
    expect(world.events.filter(({ type }) => type === "Warning")).toMatchObject([
      { about: "WanAddress wan", reason: "Disputed" },
    ]);
    await end();
  });

  it("steps back when somebody else has written, reads, and decides from what stands there", async () => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    const end = world.lead();
    await world.clock.run(1_000);
    // Another leader has written a seventh decision, which the watch has not reported yet.
    world.api.put("/wanaddresses/wan", {
      ...(world.stored("/wanaddresses/wan") as never as Parameters<typeof world.api.put>[1]),
      status: { ipv4: "203.0.113.99", decisionId: 7, history: [] },
    });
    world.observe("node1", agreed(B));
    await world.clock.run(2_000);
    expect(world.wanStatus).toMatchObject({ ipv4: B, decisionId: 8 });
    expect(world.logged).toContain("WARN decision to be made anew");
    await end();
  });

  it.each([
    ["within its term", false],
    ["in its next term", true],
  ])("%s does not go back to the address of a status out of a backup of etcd, and puts it right", async (_, over) => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    let end = world.lead();
    await world.clock.run(1_000);
    const backup = structuredClone(world.stored("/wanaddresses/wan")) as unknown as WanAddressObject;
    world.observe("node1", agreed(B));
    await world.clock.run(1_000);
    if (over) await end();
    world.api.put("/wanaddresses/wan", { ...backup });
    world.api.remove("/wanobservations/node1");
    world.observations.objects.clear();
    world.catchUp();
    if (over) end = world.lead();
    await world.clock.run(60_000);
    expect(world.wanStatus).toMatchObject({ ipv4: B, decisionId: 2 });
    expect(world.puts.map((put) => put.split(" ")[4])).toEqual([A, B]);
    await end();
  });

  it("reads what another leader has decided before it takes a decision for its own, also where it would change nothing", async () => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    let end = world.lead();
    await world.clock.run(1_000);
    await end();
    // The line changed to B and back. The other leader died in between, and no watch has reported it.
    const { status, ...rest } = structuredClone(world.stored("/wanaddresses/wan")) as unknown as WanAddressObject;
    world.api.put("/wanaddresses/wan", { ...rest, status: { ...status, ipv4: B, decisionId: 2 } });
    world.gandi.stand("home", "A", 300, B);
    end = world.lead();
    await world.clock.run(1_000);
    expect(world.wanStatus).toMatchObject({ ipv4: A, decisionId: 3 });
    expect(world.gandi.at("home", "A")?.values).toEqual([A]);
    await end();
  });

  it("starts anew with a WanAddress that was made anew", async () => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    const end = world.lead();
    await world.clock.run(1_000);
    const bare = structuredClone(world.stored("/wanaddresses/wan")) as unknown as WanAddressObject;
    delete bare.status;
    world.api.remove("/wanobservations/node1");
    world.observations.objects.clear();
    world.api.put("/wanaddresses/wan", { ...bare });
    world.catchUp();
    await world.clock.run(1_000);
    expect(world.wanStatus).not.toHaveProperty("ipv4");
    expect(world.gandi.at("home", "A")?.values).toEqual([A]);
    await end();
  });

  it("keeps what another leader decided for a WanAddress that was made anew while the watch was down", async () => {
    world.addRecord("home");
    let end = world.lead();
    for (const address of [A, B]) {
      world.observe("node1", agreed(address));
      await world.clock.run(1_000);
    }
    await end();
    const { metadata, ...rest } = structuredClone(world.stored("/wanaddresses/wan")) as unknown as WanAddressObject;
    const status = { ipv4: "203.0.113.99", decisionId: 1, history: [] };
    world.api.put("/wanaddresses/wan", { ...rest, metadata: { ...metadata, uid: "another" }, status });
    world.observations.objects.clear();
    world.api.remove("/wanobservations/node1");
    world.catchUp();
    end = world.lead();
    await world.clock.run(60_000);
    expect(world.wanStatus).toMatchObject({ ipv4: "203.0.113.99" });
    expect(world.gandi.at("home", "A")?.values).toEqual(["203.0.113.99"]);
    await end();
  });

  it("retries a status that the API server did not take, and loses nothing of it", async () => {
    world.gandi.stand("home", "A", 600, "192.0.2.5");
    world.addRecord("home");
    world.observe("node1", agreed(A));
    world.api.fault = ({ target }) =>
      target.startsWith("/dnsrecords") && world.puts.length > 0 ? status(503, "", "no") : undefined;
    const end = world.lead();
    await world.clock.run(5_000);
    expect(world.puts).toHaveLength(1);
    world.api.fault = () => undefined;
    await world.clock.run(40_000);
    expect(world.puts).toHaveLength(1);
    expect(world.stored("/dnsrecords/home")?.["status"]).toMatchObject({
      replaced: [{ type: "A", ttl: 600, values: ["192.0.2.5"] }],
      published: [{ type: "A", ttl: 300, values: [A] }],
    });
    await end();
  });

  it("reports a refusal of Gandi in the status, as an event and a metric, and tries again when told", async () => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    world.gandi.fault = () => ({ kind: "Unauthorized", message: "Gandi does not accept the token." });
    const end = world.lead();
    await world.clock.run(1_000);
    expect(world.stored("/dnsrecords/home")?.["status"]).toMatchObject({
      conditions: [{ type: "Synced", status: "False", reason: "TokenRefused" }],
    });
    expect(world.events.at(-1)).toMatchObject({ about: "DnsRecord home", type: "Warning", reason: "TokenRefused" });
    expect(world.counted).toContain("failure TokenRefused");
    world.gandi.fault = () => undefined;
    await world.clock.run(70_000);
    expect(world.gandi.at("home", "A")?.values).toEqual([A]);
    await end();
  });

  it("comes back to a refused record as soon as a person has replaced the token, not when its wait is over", async () => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    world.gandi.fault = () => ({ kind: "Forbidden", message: "The token has expired." });
    const end = world.lead();
    await world.clock.run(20_000);
    const asked = world.gandi.calls.length;
    await world.clock.run(100_000);
    expect(world.gandi.calls).toHaveLength(asked);
    world.gandi.fault = () => undefined;
    world.token = undefined;
    await world.clock.run(10_000);
    expect(world.gandi.calls).toHaveLength(asked);
    world.token = "token-2";
    await world.clock.run(6_000);
    expect(world.puts).toHaveLength(1);
    await end();
  });

  it("takes up a record that is added later, and is not woken by its own writing", async () => {
    world.observe("node1", agreed(A));
    const end = world.lead();
    await world.clock.run(1_000);
    world.addRecord("late");
    await world.clock.run(1_000);
    expect(world.gandi.at("late", "A")?.values).toEqual([A]);
    const calls = world.gandi.calls.length;
    for (let i = 0; i < 3; i++) world.writer.recordChanged("late", world.records.get("late"));
    await world.clock.run(1_000);
    expect(world.gandi.calls).toHaveLength(calls);
    await end();
  });

  it("does nothing when it does not lead", async () => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    await world.clock.run(60_000);
    expect(world.api.calls).toEqual([]);
    const end = world.lead();
    await world.clock.run(1_000);
    await end();
    const calls = world.gandi.calls.length;
    world.observe("node1", agreed(B));
    await world.clock.run(600_000);
    expect(world.gandi.calls).toHaveLength(calls);
    expect(world.wanStatus).toMatchObject({ ipv4: A });
  });
});

describe("a leader that is paused between its decision and the PUT", () => {
  /** The process is suspended before it gets Gandi's answer to the first GET, and another leader takes the lease. */
  const pausedAtFirstGet = (then: () => void): void => {
    let first = true;
    world.gandi.fault = (call) => {
      if (first && call.startsWith("GET")) {
        first = false;
        then();
      }
      return undefined;
    };
  };

  it("does not PUT once the lease has run out", async () => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    pausedAtFirstGet(() => (world.remainingMs = -46_000));
    const end = world.lead();
    await world.clock.run(5_000);
    expect(world.wanStatus).toMatchObject({ ipv4: A });
    expect(world.gandi.calls.length).toBeGreaterThan(0);
    expect(world.puts).toEqual([]);
    await end();
    expect(world.puts).toEqual([]);
  });

  it("does not PUT when the lease may end before Gandi has answered, and does when it is renewed", async () => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    world.remainingMs = 7_999;
    const end = world.lead();
    await world.clock.run(5_000);
    expect(world.puts).toEqual([]);
    world.remainingMs = 8_000;
    await world.clock.run(40_000);
    expect(world.puts).toHaveLength(1);
    await end();
  });

  it.each([
    ["a newer decision", "uid-of-wan", 2],
    ["a decision for a WanAddress that was made anew", "another", 1],
  ])("does not PUT a value that %s has superseded, but the newer one", async (_, uid, decisionId) => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    pausedAtFirstGet(() => {
      const { metadata, ...rest } = world.stored("/wanaddresses/wan") as never as Parameters<typeof world.api.put>[1];
      const stored = world.api.put("/wanaddresses/wan", {
        ...rest,
        metadata: { ...metadata, uid },
        status: { ...(rest["status"] as object), ipv4: B, decisionId },
      });
      world.wan.put(structuredClone(stored) as never);
      world.observe("node1", agreed(B));
    });
    const end = world.lead();
    await world.clock.run(5_000);
    expect(world.puts).toEqual([`PUT example.com home A ${B} 300`]);
    await end();
  });
});

describe("two leaders, the former of which was stopped together with its clock, and believes in its lease", () => {
  const C = "203.0.113.99";
  let other: World;
  let wakeUp: () => void;

  /**
   * The first leader decides for B and is suspended before its PUT. Meanwhile the second decides for C and publishes
   * it.
   */
  beforeEach(async () => {
    world.addRecord("home");
    world.observe("node1", agreed(A));
    const end = world.lead();
    await world.clock.run(1_000);
    const stopped = Promise.withResolvers<undefined>();
    world.paused = stopped.promise;
    world.observe("node1", agreed(B));
    await world.clock.run(1_000);
    expect(world.wanStatus).toMatchObject({ ipv4: B, decisionId: 2 });

    other = new World(world);
    const endOther = other.lead();
    other.observe("node1", agreed(C));
    await world.clock.run(1_000);
    expect(world.wanStatus).toMatchObject({ ipv4: C, decisionId: 3 });
    expect(world.puts.at(-1)).toBe(`PUT example.com home A ${C} 300`);
    wakeUp = () => {
      stopped.resolve(undefined);
    };
    return async () => {
      wakeUp();
      await Promise.all([end(), endOther()]);
    };
  });

  it("the former's value is a superseded one at worst, and the latter puts its own back as soon as it hears of it", async () => {
    wakeUp();
    await world.clock.run(100);
    expect(world.puts.at(-1)).toBe(`PUT example.com home A ${B} 300`);
    other.catchUp();
    await world.clock.run(1_000);
    expect(world.gandi.at("home", "A")?.values).toEqual([C]);
    expect(world.stored("/dnsrecords/home")?.["status"]).toMatchObject({ published: [{ values: [C] }] });
    // This is not a foreign edit, because both leaders recorded what they did.
    expect(world.stored("/dnsrecords/home")?.["status"]).not.toHaveProperty("corrections");
  });

  it("the former writes nothing once its watch has told of the newer decision", async () => {
    world.catchUp();
    wakeUp();
    await world.clock.run(5_000);
    expect(world.puts.filter((put) => put.includes(B))).toEqual([]);
    expect(world.gandi.at("home", "A")?.values).toEqual([C]);
  });

  it("the former's next decision is refused, and it steps back to what stands there", async () => {
    world.observe("node1", agreed(C));
    wakeUp();
    await world.clock.run(5_000);
    expect(world.logged).toContain("WARN decision to be made anew");
    expect(world.wanStatus).toMatchObject({ ipv4: C, decisionId: 3 });
    expect(world.gandi.at("home", "A")?.values).toEqual([C]);
  });

  it("a status that says the same is no reason to ask Gandi again", async () => {
    other.catchUp();
    await world.clock.run(1_000);
    const calls = world.gandi.calls.length;
    other.catchUp();
    await world.clock.run(1_000);
    expect(world.gandi.calls).toHaveLength(calls);
  });
});
