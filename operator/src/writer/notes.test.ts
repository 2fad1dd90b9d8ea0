/** What is recorded in the status before each write to Gandi, and what an outdated run does. */
import { beforeEach, expect, it } from "vitest";
import type { DnsRecordStatus, WanAddressObject } from "@esddns/common/api";
import { status } from "../kube/testing.ts";
import { World } from "./testing.ts";

const [A, B, C] = ["203.0.113.20", "203.0.113.77", "203.0.113.78"] as const;
const agreed = (address: string): string => `Google:${address} !ipify:${address}`;

let world: World;
beforeEach(() => {
  world = new World();
});

function statusOf(name: string): DnsRecordStatus {
  return world.stored(`/dnsrecords/${name}`)?.["status"] ?? {};
}

const reasons = (): string[] => world.events.map(({ reason }) => reason);

/** Makes the API server refuse the leader's statuses after its next PUT at Gandi, as if the leader had died there. */
async function dieAtPut(): Promise<void> {
  let dead = false;
  world.gandi.store = (rrset) => {
    dead = true;
    return rrset;
  };
  world.api.fault = ({ method, target }) =>
    dead && method !== "GET" && target.startsWith("/dnsrecords") ? status(500, "", "no") : undefined;
  const end = world.lead();
  await world.clock.run(1_000);
  await end();
  world.gandi.store = (rrset) => rrset;
  world.api.fault = () => undefined;
}

/** Lets another pod lead. */
async function succeed(ms = 60_000): Promise<World> {
  const next = new World(world);
  const end = next.lead();
  await next.clock.run(ms);
  await end();
  return next;
}

it.each(["Refuse", undefined])(
  "a record whose first leader died after the PUT follows the line, conflictPolicy %s",
  async (policy) => {
    world.addRecord("home", policy === undefined ? {} : { conflictPolicy: policy });
    world.observe("node1", agreed(A));
    await dieAtPut();
    expect(statusOf("home")).toMatchObject({ fqdn: "home.example.com", attempted: [{ values: [A] }] });
    world.observe("node1", agreed(B));
    await succeed();
    expect(world.gandi.at("home", "A")?.values).toEqual([B]);
    expect(statusOf("home")).toMatchObject({ published: [{ values: [B] }] });
    expect(statusOf("home").conditions?.[0]).toMatchObject({ type: "Synced", status: "True" });
    expect(statusOf("home")).not.toHaveProperty("replaced");
    expect(statusOf("home")).not.toHaveProperty("attempted");
  },
);

it("a later write, too, is noted: with driftLimit 0 the dead leader's value is nobody's change", async () => {
  world.addRecord("home", { driftLimit: 0 });
  world.observe("node1", agreed(A));
  await succeed();
  world.catchUp();
  world.observe("node1", agreed(B));
  await dieAtPut();
  world.observe("node1", agreed(C));
  const next = await succeed();
  expect(world.gandi.at("home", "A")?.values).toEqual([C]);
  expect(next.events.map(({ reason }) => reason)).not.toContain("DriftCorrected");
});

it.each<[string, () => void]>([
  [
    "renamed",
    () => {
      world.changeRecord("home", { spec: { name: "www" } });
    },
  ],
  [
    "deleted",
    () => {
      world.changeRecord("home", { deleted: true });
    },
  ],
])("what a dead leader had just put there goes with the record that is %s", async (_, act) => {
  world.addRecord("home", { deletionPolicy: "Delete" });
  world.observe("node1", agreed(A));
  await dieAtPut();
  expect(world.gandi.at("home", "A")).toBeDefined();
  act();
  await succeed();
  expect(world.gandi.at("home", "A")).toBeUndefined();
});

it("a PUT that the fence holds back in the middle of a run loses nothing of it, and the next run comes at once", async () => {
  const { spec } = world.stored("/wanaddresses/wan") as unknown as WanAddressObject;
  spec.families.push("IPv6");
  spec.allowNonGlobal.push("2001:db8::/32");
  world.catchUp();
  const line = (v4: string, net: string): void => {
    world.observe("node1", `${agreed(v4)} ${agreed(`2001:db8:${net}::5`)}`);
  };
  world.addRecord("home", { types: ["A", "AAAA"], ipv6Suffix: "::10", driftLimit: 0 });
  line(A, "1");
  const end = world.lead();
  await world.clock.run(10_000);
  // The address changes once more, after the PUT of A and before the PUT of AAAA.
  const readBack = Promise.withResolvers<undefined>();
  world.gandi.store = (rrset) => {
    world.gandi.store = (each) => each;
    world.paused = readBack.promise.then(() => undefined);
    return rrset;
  };
  line(B, "2");
  await world.clock.run(100);
  line(C, "2");
  await world.clock.run(100);
  readBack.resolve(undefined);
  await world.clock.run(100);
  expect(world.gandi.at("home", "A")?.values).toEqual([C]);
  expect(world.gandi.at("home", "AAAA")?.values).toEqual(["2001:db8:2::10"]);
  expect(world.puts.filter((put) => put.includes(" A "))).toHaveLength(3);
  expect(reasons()).not.toContain("Contested");
  const told = world.events.filter(({ reason }) => reason === "Synced").map(({ note }) => note);
  expect(new Set(told).size).toBe(told.length);
  expect(world.logged).not.toContain("WARN DNS record to be tried again");
  await end();
});

it("a record that was renamed unseen is not written under its former name", async () => {
  world.addRecord("home");
  world.observe("node1", agreed(A));
  const end = world.lead();
  await world.clock.run(1_000);
  world.hidden = true;
  world.changeRecord("home", { spec: { name: "www" } });
  world.hidden = false;
  world.observe("node1", agreed(B));
  await world.clock.run(1_000);
  expect(world.gandi.at("home", "A")?.values).toEqual([A]);
  expect(world.gandi.at("www", "A")?.values).toEqual([B]);
  await end();
});

it("a record that was deleted unseen is not written, and not looked at again and again", async () => {
  world.addRecord("home");
  world.observe("node1", agreed(A));
  const end = world.lead();
  await world.clock.run(1_000);
  world.api.remove("/dnsrecords/home");
  world.gandi.calls.length = 0;
  world.observe("node1", agreed(B));
  await world.clock.run(60_000);
  expect(world.gandi.at("home", "A")?.values).toEqual([A]);
  expect(world.gandi.calls.length).toBeLessThan(10);
  await end();
});

it("what another record has taken over unseen is not deleted", async () => {
  world.addRecord("home", { deletionPolicy: "Delete" });
  world.observe("node1", agreed(A));
  const end = world.lead();
  await world.clock.run(1_000);
  world.hidden = true;
  world.addRecord("second", { name: "home" });
  world.hidden = false;
  world.changeRecord("home", { deleted: true });
  await world.clock.run(1_000);
  expect(world.gandi.calls.filter((call) => call.startsWith("DELETE"))).toEqual([]);
  expect(world.stored("/dnsrecords/home")).toBeUndefined();
  await end();
});

it("a deletion that was begun is noted: the name that comes back is free, and its emptiness is nobody's change", async () => {
  world.addRecord("home", { deletionPolicy: "Delete", driftLimit: 0 });
  world.observe("node1", agreed(A));
  let end = world.lead();
  await world.clock.run(1_000);
  let dead = false;
  world.gandi.lost = (call) => {
    dead ||= call.startsWith("DELETE");
    return undefined;
  };
  world.api.fault = ({ method, target }) =>
    dead && method !== "GET" && target.startsWith("/dnsrecords") ? status(500, "", "no") : undefined;
  world.changeRecord("home", { spec: { name: "www" } });
  await world.clock.run(1_000);
  await end();
  expect(world.gandi.at("home", "A")).toBeUndefined();
  [world.gandi.lost, world.api.fault] = [() => undefined, () => undefined];
  world.changeRecord("home", { spec: { name: "home" } });
  const next = new World(world);
  end = next.lead();
  await next.clock.run(10_000);
  expect(world.gandi.at("home", "A")?.values).toEqual([A]);
  expect(world.gandi.at("www", "A")).toBeUndefined();
  expect(next.events.map(({ reason }) => reason)).not.toContain("DriftCorrected");
  await end();
});

it("a correction that Gandi does not answer is counted once, however often it is sent", async () => {
  world.addRecord("home");
  world.observe("node1", agreed(A));
  const end = world.lead();
  await world.clock.run(1_000);
  world.gandi.stand("home", "A", 300, "192.0.2.5");
  world.gandi.fault = (call) => (call.startsWith("PUT") ? { kind: "Timeout", message: "no answer" } : undefined);
  await world.clock.run(400_000);
  world.gandi.fault = () => undefined;
  await world.clock.run(400_000);
  expect(world.puts.length).toBeGreaterThan(2);
  expect(world.gandi.at("home", "A")?.values).toEqual([A]);
  expect(statusOf("home").corrections).toHaveLength(1);
  await end();
});

it("what Gandi refuses to delete is noted as standing there still", async () => {
  world.addRecord("home", { deletionPolicy: "Delete" });
  world.observe("node1", agreed(A));
  const end = world.lead();
  await world.clock.run(1_000);
  world.gandi.fault = (call) =>
    call.startsWith("DELETE") ? { kind: "Forbidden", status: 403, message: "no" } : undefined;
  world.changeRecord("home", { spec: { name: "www" } });
  await world.clock.run(1_000);
  expect(world.gandi.calls.at(-1)).toBe("DELETE example.com home A");
  expect(statusOf("home").left).toEqual([{ zone: "example.com", name: "home", type: "A", ttl: 300, values: [A] }]);
  await end();
});

it("a record that goes while it is written is no fault to be told of", async () => {
  world.addRecord("home");
  world.observe("node1", agreed(A));
  world.gandi.store = (rrset) => {
    world.api.remove("/dnsrecords/home");
    return rrset;
  };
  const end = world.lead();
  await world.clock.run(60_000);
  expect(world.puts).toHaveLength(1);
  expect(world.logged).not.toContain("WARN DNS record to be tried again");
  await end();
});

it("a PUT that is sent again is noted again: a record that was renamed unseen meanwhile is not written", async () => {
  world.addRecord("home");
  world.observe("node1", agreed(A));
  world.gandi.fault = (call) => (call.startsWith("PUT") ? { kind: "Timeout", message: "no answer" } : undefined);
  const end = world.lead();
  await world.clock.run(100);
  expect(world.puts).toHaveLength(1);
  world.gandi.fault = () => undefined;
  world.hidden = true;
  world.changeRecord("home", { spec: { name: "www" } });
  world.hidden = false;
  await world.clock.run(10_000);
  expect(world.gandi.at("home", "A")).toBeUndefined();
  expect(world.gandi.at("www", "A")?.values).toEqual([A]);
  await end();
});

it("a write that the lease holds back is not noted any longer", async () => {
  world.addRecord("home", { deletionPolicy: "Delete" });
  world.observe("node1", agreed(A));
  const end = world.lead();
  await world.clock.run(1_000);
  world.remainingMs = 5_000;
  world.observe("node1", agreed(B));
  await world.clock.run(100);
  expect(statusOf("home")).toMatchObject({ published: [{ values: [A] }] });
  expect(statusOf("home")).not.toHaveProperty("attempted");
  world.changeRecord("home", { deleted: true });
  await world.clock.run(100);
  expect(statusOf("home")).toMatchObject({ published: [{ values: [A] }] });
  expect(statusOf("home")).not.toHaveProperty("attempted");
  expect(world.puts).toHaveLength(1);
  await end();
});

it("a former name whose deletion the lease holds back is known to stand there still", async () => {
  world.addRecord("home", { deletionPolicy: "Delete" });
  world.observe("node1", agreed(A));
  const end = world.lead();
  await world.clock.run(1_000);
  world.gandi.fault = (call) =>
    call.startsWith("DELETE") ? { kind: "Forbidden", status: 403, message: "no" } : undefined;
  world.changeRecord("home", { spec: { name: "www" } });
  await world.clock.run(1_000);
  world.gandi.fault = () => undefined;
  world.remainingMs = 5_000;
  await world.clock.run(400_000);
  expect(world.gandi.at("home", "A")).toBeDefined();
  expect(statusOf("home").left).toEqual([{ zone: "example.com", name: "home", type: "A", ttl: 300, values: [A] }]);
  await end();
});

it("a leader that was stopped until after its lease writes no status over its successor's, and tells of nothing", async () => {
  for (const name of ["first", "home"]) world.addRecord(name);
  world.observe("node1", agreed(A));
  const end = world.lead();
  await world.clock.run(10_000);
  const stopped = Promise.withResolvers<undefined>();
  world.paused = stopped.promise.then(() => undefined);
  for (const name of ["first", "home"]) world.changeRecord(name, { spec: { driftLimit: 0 } });
  await world.clock.run(100);
  world.remainingMs = -1_000;
  const next = new World(world);
  const endNext = next.lead();
  next.observe("node1", agreed(B));
  await world.clock.run(10_000);
  const told = world.events.length;
  stopped.resolve(undefined);
  await world.clock.run(60_000);
  for (const name of ["first", "home"]) {
    expect(statusOf(name)).toMatchObject({ published: [{ values: [B] }] });
    expect(world.gandi.at(name, "A")?.values).toEqual([B]);
  }
  expect(world.events.slice(told)).toEqual([]);
  await Promise.all([end(), endNext()]);
});
