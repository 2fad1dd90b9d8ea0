/** A name that moves from one record to another: the rrset there is the operator's own, not a foreign one. */
import { beforeEach, describe, expect, it } from "vitest";
import type { DnsRecordStatus } from "@esddns/common/api";
import { World } from "./testing.ts";

const [A, B, STRANGER] = ["203.0.113.20", "203.0.113.77", "192.0.2.5"] as const;
const agreed = (address: string): string => `Google:${address} !ipify:${address}`;

let world: World;
let end: () => Promise<void>;
beforeEach(() => {
  world = new World();
  world.observe("node1", agreed(A));
});

/** Starts a world with these records and waits until they are published. */
async function start(records: Record<string, Record<string, unknown>>): Promise<void> {
  for (const [name, spec] of Object.entries(records)) world.addRecord(name, spec);
  end = world.lead();
  await world.clock.run(1_000);
}

function statusOf(name: string): DnsRecordStatus {
  return world.stored(`/dnsrecords/${name}`)?.["status"] ?? {};
}

function expectInSync(name: string): void {
  const { conditions = [], ...status } = statusOf(name);
  expect(conditions.find(({ type }) => type === "Synced")).toMatchObject({ status: "True" });
  for (const field of ["attempted", "replaced", "corrections"]) expect(status).not.toHaveProperty(field);
}

const deletions = (): string[] => world.gandi.calls.filter((call) => call.startsWith("DELETE"));

describe.each(["Refuse", "Adopt"])("under conflictPolicy %s", (conflictPolicy) => {
  it.each(["Retain", "Delete"])("a name is handed to a record with another TTL, deletionPolicy %s", async (policy) => {
    await start({
      a: { name: "home", deletionPolicy: policy, conflictPolicy },
      b: { name: "other", ttl: 900, conflictPolicy },
    });
    world.changeRecord("a", { spec: { name: "www" } });
    world.changeRecord("b", { spec: { name: "home" } });
    await world.clock.run(400_000);
    expect(world.gandi.at("home", "A")).toEqual({ type: "A", ttl: 900, values: [A] });
    expectInSync("a");
    expectInSync("b");
    expect(statusOf("a")).not.toHaveProperty("left");
    expect(deletions()).toEqual([]);
    await end();
  });

  it("two records swap their names", async () => {
    const spec = { deletionPolicy: "Delete", conflictPolicy, driftLimit: 0 };
    await start({ a: spec, b: { ...spec, ttl: 900 } });
    world.changeRecord("a", { spec: { name: "b" } });
    world.changeRecord("b", { spec: { name: "a" } });
    await world.clock.run(400_000);
    expect([world.gandi.at("a", "A")?.ttl, world.gandi.at("b", "A")?.ttl]).toEqual([900, 300]);
    for (const name of ["a", "b"]) {
      expectInSync(name);
      expect(statusOf(name)).not.toHaveProperty("left");
    }
    expect(deletions()).toEqual([]);
    await end();
  });

  it("a record that is deleted leaves its name to another one", async () => {
    await start({
      a: { name: "home", deletionPolicy: "Delete", conflictPolicy },
      b: { name: "home", ttl: 900, conflictPolicy },
    });
    world.changeRecord("a", { deleted: true });
    await world.clock.run(5_000);
    expect(world.stored("/dnsrecords/a")).toBeUndefined();
    expect(world.gandi.at("home", "A")?.ttl).toBe(900);
    expectInSync("b");
    expect(deletions()).toEqual([]);
    await end();
  });

  it("a record that loses its name to an older one gets it back", async () => {
    await start({
      a: { name: "other", ttl: 900, conflictPolicy, driftLimit: 0, deletionPolicy: "Delete" },
      b: { name: "home", conflictPolicy, driftLimit: 0, deletionPolicy: "Delete" },
    });
    world.changeRecord("a", { spec: { name: "home" } });
    await world.clock.run(400_000);
    expect(world.gandi.at("home", "A")?.ttl).toBe(900);
    expectInSync("a");
    world.changeRecord("a", { spec: { name: "other" } });
    await world.clock.run(400_000);
    expect(world.gandi.at("home", "A")?.ttl).toBe(300);
    expectInSync("a");
    expectInSync("b");
    await end();
  });

  it("a record is renamed and back, with Retain, while the address changes", async () => {
    await start({ a: { name: "home", conflictPolicy, driftLimit: 0 } });
    world.changeRecord("a", { spec: { name: "www" } });
    await world.clock.run(1_000);
    world.observe("node1", agreed(B));
    await world.clock.run(1_000);
    world.changeRecord("a", { spec: { name: "home" } });
    await world.clock.run(1_000);
    expect(world.gandi.at("home", "A")?.values).toEqual([B]);
    expect(world.gandi.at("www", "A")?.values).toEqual([B]);
    expectInSync("a");
    expect(deletions()).toEqual([]);
    await end();
  });
});

it("what was renamed with Retain stays for good, also with Delete later", async () => {
  await start({ a: { name: "home" } });
  world.changeRecord("a", { spec: { name: "www" } });
  await world.clock.run(1_000);
  world.changeRecord("a", { spec: { deletionPolicy: "Delete" } });
  await world.clock.run(1_000);
  world.changeRecord("a", { spec: { name: "ftp" } });
  await world.clock.run(1_000);
  world.changeRecord("a", { deleted: true });
  await world.clock.run(5_000);
  expect(world.stored("/dnsrecords/a")).toBeUndefined();
  expect([...world.gandi.rrsets.keys()]).toEqual(["example.com home A"]);
  await end();
});

it("what somebody else puts under a name that a record with Retain had is nobody's drift when it comes back", async () => {
  await start({ a: { name: "home", conflictPolicy: "Refuse" } });
  world.changeRecord("a", { spec: { name: "www" } });
  await world.clock.run(1_000);
  world.gandi.stand("home", "A", 300, STRANGER);
  world.changeRecord("a", { spec: { name: "home" } });
  await world.clock.run(1_000);
  expect(world.gandi.at("home", "A")?.values).toEqual([STRANGER]);
  expect(statusOf("a").conditions?.[0]).toMatchObject({ reason: "Conflict" });
  await end();
});

it("a name that the next record does not take is deleted once that record is gone", async () => {
  await start({ a: { name: "home", deletionPolicy: "Delete" }, b: { name: "home", dryRun: true } });
  world.changeRecord("a", { spec: { name: "www" } });
  await world.clock.run(1_000);
  expect(world.gandi.at("home", "A")).toBeDefined();
  world.removeRecord("b");
  await world.clock.run(1_000);
  expect(world.gandi.at("home", "A")).toBeUndefined();
  await end();
});

it("an object does not wait for a record with dryRun, which takes no name", async () => {
  await start({ a: { name: "home", deletionPolicy: "Delete" }, b: { name: "home", ttl: 900, dryRun: true } });
  world.changeRecord("a", { deleted: true });
  await world.clock.run(1_000);
  expect(world.stored("/dnsrecords/a")).toBeUndefined();
  expect(world.gandi.at("home", "A")?.ttl).toBe(300);
  await end();
});

it("a record that had the name before its present holder gets it back without a correction", async () => {
  await start({ a: { name: "home", driftLimit: 0, deletionPolicy: "Delete" } });
  world.gandi.fault = (call) =>
    call.includes(" www ") ? { kind: "ServerError", status: 503, message: "down" } : undefined;
  world.changeRecord("a", { spec: { name: "www" } });
  await world.clock.run(1_000);
  world.addRecord("b", { name: "home", ttl: 900, driftLimit: 0, deletionPolicy: "Delete" });
  await world.clock.run(1_000);
  expect(world.gandi.at("home", "A")?.ttl).toBe(900);
  // The status of `a` still lists what it wrote there.
  expect(statusOf("a").left).toHaveLength(1);
  // The run of `b` comes before `a` has written.
  world.gandi.fault = () => {
    world.gandi.fault = () => undefined;
    return { kind: "ServerError", status: 503, message: "down" };
  };
  world.changeRecord("a", { spec: { name: "home" } });
  await world.clock.run(400_000);
  expect(world.gandi.at("home", "A")?.ttl).toBe(300);
  expectInSync("a");
  expect(statusOf("b")).not.toHaveProperty("published");
  await end();
});

it("a name that another record had and deleted meanwhile is free when it comes back", async () => {
  world.gandi.stand("www", "A", 300, STRANGER);
  await start({ a: { name: "home", driftLimit: 0, conflictPolicy: "Refuse", deletionPolicy: "Delete" } });
  world.changeRecord("a", { spec: { name: "www" } });
  await world.clock.run(1_000);
  expect(statusOf("a").conditions?.[0]).toMatchObject({ reason: "Conflict" });
  world.addRecord("b", { name: "home", ttl: 900, deletionPolicy: "Delete" });
  await world.clock.run(1_000);
  world.changeRecord("b", { deleted: true });
  await world.clock.run(1_000);
  expect(world.gandi.at("home", "A")).toBeUndefined();
  world.changeRecord("a", { spec: { name: "home" } });
  await world.clock.run(1_000);
  expect(world.gandi.at("home", "A")?.ttl).toBe(300);
  expectInSync("a");
  await end();
});

it("an object does not wait longer than deletionTimeoutSeconds for the next record to take its name", async () => {
  const source = { kind: "Service", service: { namespace: "home", name: "none" } };
  await start({ a: { name: "home", deletionPolicy: "Delete" }, b: { name: "home", source } });
  world.changeRecord("a", { deleted: true });
  await world.clock.run(59_000);
  expect(world.stored("/dnsrecords/a")).toBeDefined();
  await world.clock.run(2_000);
  expect(world.stored("/dnsrecords/a")).toBeUndefined();
  expect(world.gandi.at("home", "A")?.ttl).toBe(300);
  expect(world.events.at(-1)?.note).toContain("stays: DnsRecord b has it");
  await end();
});
