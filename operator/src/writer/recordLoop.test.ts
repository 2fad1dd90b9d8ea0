import { beforeEach, describe, expect, it } from "vitest";
import { type Condition, type DnsRecordStatus, RECORD_FINALIZER } from "@esddns/common/api";
import { RateBudget } from "../gandi/budget.ts";
import { notSentYet } from "../gandi/errors.ts";
import { status } from "../kube/testing.ts";
import { World } from "./testing.ts";

const A = "203.0.113.20";
const agreed = (address: string): string => `Google:${address} !ipify:${address}`;

let world: World;
let end: () => Promise<void>;
beforeEach(() => {
  world = new World();
});

async function start(name: string, spec: Record<string, unknown>): Promise<void> {
  world.addRecord(name, spec);
  world.observe("node1", agreed(A));
  end = world.lead();
  await world.clock.run(1_000);
}

function statusOf(name: string): DnsRecordStatus {
  return world.stored(`/dnsrecords/${name}`)?.["status"] ?? {};
}

function condition(name: string, type: string): Condition | undefined {
  return statusOf(name).conditions?.find((each) => each.type === type);
}

function finalizers(name: string): string[] | undefined {
  return world.api.objects.get(`/dnsrecords/${name}`)?.metadata.finalizers;
}

const reasons = (): string[] => world.events.map(({ reason }) => reason);

describe("what the zone's name servers say", () => {
  it("is asked after a write and stands in Verified, apart from Synced", async () => {
    await start("home", {});
    expect(condition("home", "Verified")).toMatchObject({ status: "Unknown", reason: "Pending" });
    await world.clock.run(5_000);
    expect(condition("home", "Verified")).toMatchObject({
      status: "True",
      message: `ns1.example.net, ns2.example.net say A ${A}.`,
    });
    expect(world.counted).toContain("verified home True");
    expect(reasons()).toContain("Verified");
    await end();
  });

  it("is waited for with patience, then called different, and Synced stays true", async () => {
    world.authority.ask = (server) => Promise.resolve(server === "198.41.0.4" ? [A] : []);
    await start("home", {});
    await world.clock.run(100_000);
    expect(condition("home", "Verified")).toMatchObject({ status: "Unknown", reason: "Pending" });
    await world.clock.run(300_000);
    expect(condition("home", "Verified")).toMatchObject({ status: "False", reason: "Differs" });
    expect(condition("home", "Verified")?.message).toContain("ns2.example.net says A nothing");
    expect(condition("home", "Synced")?.status).toBe("True");
    expect(world.events.at(-1)).toMatchObject({ type: "Warning", reason: "Differs" });
    await end();
  });

  it("is asked again slowly once it is right, without writing to the API server", async () => {
    await start("home", {});
    await world.clock.run(10_000);
    const writes = world.api.calls.filter(({ method }) => method !== "GET").length;
    const asked = world.counted.filter((line) => line.startsWith("verified")).length;
    await world.clock.run(3_600_000);
    // The observation expires meanwhile. That affects the decision, not the record.
    const record = world.api.calls.filter(({ method, target }) => method !== "GET" && target.includes("dnsrecords"));
    expect(record.length).toBeLessThanOrEqual(writes);
    expect(world.counted.filter((line) => line.startsWith("verified")).length).toBe(asked + 2);
    await end();
  });
});

describe("more records than a minute's requests to Gandi", () => {
  const names = Array.from({ length: 15 }, (_, i) => `host${i}`);
  const synced = (): string[] => names.filter((name) => condition(name, "Synced")?.status === "True");

  beforeEach(async () => {
    world.gandi.budget = new RateBudget(world.clock, { limit: 28 });
    for (const name of names) world.addRecord(name);
    world.observe("node1", agreed(A));
    end = world.lead();
    await world.clock.run(1_000);
  });

  it("wait their turn, without a warning and without a failure, and it comes", async () => {
    expect(synced()).toHaveLength(7);
    await world.clock.run(3 * 60_000);
    expect(synced()).toEqual(names);
    expect(world.events.filter(({ type }) => type === "Warning")).toEqual([]);
    expect(world.counted.filter((one) => /fail/.test(one))).toEqual([]);
    await end();
  });

  it("stay in sync while they wait to be looked at again", async () => {
    await world.clock.run(3 * 60_000);
    world.gandi.fault = () => notSentYet({ because: "Spent", waitMs: 30_000 }, { limit: 28, slowed: false });
    await world.clock.run(10 * 60_000);
    expect(synced()).toEqual(names);
    await end();
  });
});

it("a record that is added or edited costs the others no look at Gandi, but those of the same name and type", async () => {
  const names = Array.from({ length: 5 }, (_, i) => `host${i}`);
  for (const name of names) world.addRecord(name);
  world.addRecord("second", { name: "host1" });
  world.observe("node1", agreed(A));
  end = world.lead();
  await world.clock.run(10_000);
  expect(condition("second", "Synced")).toMatchObject({ status: "False", reason: "Conflict" });
  world.gandi.calls.length = 0;
  world.addRecord("new");
  world.changeRecord("host1", { spec: { name: "other" } });
  await world.clock.run(1_000);
  expect(condition("second", "Synced")?.status).toBe("True");
  expect(world.gandi.at("new", "A")?.values).toEqual([A]);
  const looked = new Set(world.gandi.calls.map((call) => call.split(" ")[2]));
  expect([...looked].sort()).toEqual(["host1", "new", "other"]);
  await end();
});

describe("deletionPolicy Delete", () => {
  it("holds the object until its rrset is deleted at Gandi", async () => {
    await start("home", { deletionPolicy: "Delete" });
    expect(finalizers("home")).toEqual([RECORD_FINALIZER]);
    world.changeRecord("home", { deleted: true });
    await world.clock.run(1_000);
    expect(world.gandi.at("home", "A")).toBeUndefined();
    expect(world.stored("/dnsrecords/home")).toBeUndefined();
    expect(world.events.at(-1)).toMatchObject({ reason: "Deleted", note: `A home.example.com ${A} is deleted.` });
    await end();
  });

  it("has the finalizer before anything is written to Gandi", async () => {
    world.api.fault = ({ method, target }) =>
      method === "PATCH" && target === "/dnsrecords/home" ? status(500, "", "no") : undefined;
    await start("home", { deletionPolicy: "Delete" });
    expect(world.puts).toEqual([]);
    world.api.fault = () => undefined;
    await world.clock.run(10_000);
    expect(world.puts).toHaveLength(1);
    expect(finalizers("home")).toEqual([RECORD_FINALIZER]);
    await end();
  });

  it("waits longer and longer where a webhook takes the finalizer off again", async () => {
    let patches = 0;
    world.api.fault = ({ method, target }) => {
      if (method !== "PATCH" || target !== "/dnsrecords/home") return undefined;
      // Ends a loop that does not pause.
      if (++patches > 100) return status(500, "", "too many");
      return { status: 200, body: world.api.objects.get("/dnsrecords/home") ?? {} };
    };
    await start("home", { deletionPolicy: "Delete" });
    await world.clock.run(60_000);
    expect(patches).toBeLessThan(20);
    expect(world.puts).toEqual([]);
    await end();
  });

  it("leaves alone what somebody else has put there", async () => {
    await start("home", { deletionPolicy: "Delete" });
    world.gandi.stand("home", "A", 300, "192.0.2.66");
    world.changeRecord("home", { deleted: true });
    await world.clock.run(1_000);
    expect(world.gandi.at("home", "A")?.values).toEqual(["192.0.2.66"]);
    expect(world.stored("/dnsrecords/home")).toBeUndefined();
    expect(world.events.at(-1)?.note).toContain("left alone: 192.0.2.66 (TTL 300) stands there now");
    await end();
  });

  it("leaves alone what another record has taken over", async () => {
    await start("home", { deletionPolicy: "Delete" });
    world.addRecord("second", { name: "home" });
    world.changeRecord("home", { deleted: true });
    await world.clock.run(2_000);
    expect(world.gandi.at("home", "A")?.values).toEqual([A]);
    expect(world.stored("/dnsrecords/home")).toBeUndefined();
    await end();
  });

  it("lets the object go after the timeout while Gandi is down, and says what is left", async () => {
    await start("home", { deletionPolicy: "Delete" });
    world.gandi.fault = () => ({ kind: "Timeout", message: "Gandi did not answer in time." });
    world.changeRecord("home", { deleted: true });
    await world.clock.run(50_000);
    expect(world.stored("/dnsrecords/home")).toBeDefined();
    expect(condition("home", "Synced")).toMatchObject({ status: "False", reason: "GandiUnavailable" });
    await world.clock.run(15_000);
    expect(world.stored("/dnsrecords/home")).toBeUndefined();
    expect(world.events.at(-1)).toMatchObject({ type: "Warning", reason: "NotDeleted" });
    expect(world.events.at(-1)?.note).toMatch(/home\.example\.com .* within 60 s .* by hand/);
    await end();
  });

  it.each([
    ["notes", (target: string) => target.endsWith("/status")],
    ["looks at the records", (target: string) => target === "/dnsrecords"],
  ])("lets the object go after the timeout, and not before, while the API server refuses %s", async (_, isRefused) => {
    await start("home", { deletionPolicy: "Delete" });
    world.api.fault = ({ target }) => (isRefused(target) ? status(403, "Forbidden", "a webhook says no") : undefined);
    world.changeRecord("home", { deleted: true });
    await world.clock.run(59_000);
    expect(world.stored("/dnsrecords/home")).toBeDefined();
    await world.clock.run(2_000);
    expect(world.stored("/dnsrecords/home")).toBeUndefined();
    expect(world.gandi.at("home", "A")).toBeDefined();
    expect(world.events.at(-1)).toMatchObject({ type: "Warning", reason: "NotDeleted" });
    expect(world.events.at(-1)?.note).toMatch(/home\.example\.com .* by hand.* a webhook says no/);
    await end();
  });

  it("lets the object go at once where the zone is gone", async () => {
    await start("home", { deletionPolicy: "Delete" });
    world.gandi.fault = () => ({ kind: "ZoneNotFound", message: "no zone", status: 404 });
    world.changeRecord("home", { deleted: true });
    await world.clock.run(1_000);
    expect(world.stored("/dnsrecords/home")).toBeUndefined();
    expect(world.events.at(-1)?.note).toContain("Gandi has no zone example.com");
    await end();
  });

  it("changed to Retain, takes the finalizer off and deletes nothing", async () => {
    await start("home", { deletionPolicy: "Delete" });
    world.changeRecord("home", { spec: { deletionPolicy: "Retain" } });
    await world.clock.run(1_000);
    expect(finalizers("home")).toEqual([]);
    world.changeRecord("home", { deleted: true });
    await world.clock.run(1_000);
    expect(world.gandi.at("home", "A")?.values).toEqual([A]);
    expect(world.gandi.calls.filter((call) => call.startsWith("DELETE"))).toEqual([]);
    await end();
  });

  it("is served by a leader that comes later, and not while the lease is about to end", async () => {
    await start("home", { deletionPolicy: "Delete" });
    world.remainingMs = 5_000;
    world.changeRecord("home", { deleted: true });
    await world.clock.run(2_000);
    expect(world.gandi.at("home", "A")).toBeDefined();
    await end();
    world.remainingMs = 14_000;
    end = world.lead();
    await world.clock.run(2_000);
    expect(world.gandi.at("home", "A")).toBeUndefined();
    expect(world.stored("/dnsrecords/home")).toBeUndefined();
    await end();
  });
});

describe("sources", () => {
  const source = { kind: "Service", service: { namespace: "web", name: "front" } };
  const service = (ip: string): Parameters<typeof world.api.put>[1] => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "front", namespace: "web" },
    status: { loadBalancer: { ingress: [{ ip }] } },
  });

  it("a Service's address is read, followed when it changes, and kept while the API server is silent", async () => {
    world.api.put("/services/front", service("192.168.1.100"));
    await start("home", { source, allowPrivate: true });
    expect(world.gandi.at("home", "A")?.values).toEqual(["192.168.1.100"]);
    world.api.fault = ({ target }) => (target.startsWith("/services") ? status(503, "", "no") : undefined);
    await world.clock.run(400_000);
    expect(condition("home", "Synced")?.status).toBe("True");
    world.api.fault = () => undefined;
    world.api.put("/services/front", service("192.168.1.101"));
    await world.clock.run(25_000);
    expect(world.gandi.at("home", "A")?.values).toEqual(["192.168.1.101"]);
    await end();
  });

  it("a Service that is gone keeps the record as it is, and says so", async () => {
    world.api.put("/services/front", service("192.168.1.100"));
    await start("home", { source, allowPrivate: true });
    world.api.remove("/services/front");
    await world.clock.run(25_000);
    expect(condition("home", "Synced")?.message).toContain("there is no Service web/front");
    expect(world.gandi.at("home", "A")?.values).toEqual(["192.168.1.100"]);
    await end();
  });

  it("a Service that may not be read says what makes the Role", async () => {
    world.api.fault = ({ target }) => (target.startsWith("/services") ? status(403, "Forbidden", "no") : undefined);
    await start("home", { source });
    expect(condition("home", "Synced")?.message).toMatch(/may not be read: name it in esddns:records/);
    await end();
  });
});

it("what is about to be replaced stands noted before it goes, and once", async () => {
  const former = [{ type: "A", ttl: 600, values: ["192.0.2.5"] }];
  world.gandi.stand("home", "A", 600, "192.0.2.5");
  let noted: unknown;
  world.gandi.fault = (call) => {
    if (call.startsWith("PUT")) noted = statusOf("home").replaced;
    return undefined;
  };
  await start("home", {});
  expect(noted).toEqual(former);
  expect(statusOf("home").replaced).toEqual(former);
  expect(world.gandi.at("home", "A")?.values).toEqual([A]);
  expect(world.api.calls.filter(({ target }) => target === "/dnsrecords/home/status")).toHaveLength(2);
  await end();
});

it("nothing is replaced while the API server takes no note of it", async () => {
  world.gandi.stand("home", "A", 600, "192.0.2.5");
  world.api.fault = ({ target }) => (target.startsWith("/dnsrecords") ? status(503, "", "no") : undefined);
  await start("home", {});
  expect(world.puts).toEqual([]);
  world.api.fault = () => undefined;
  await world.clock.run(10_000);
  expect(world.puts).toHaveLength(1);
  expect(statusOf("home").replaced).toEqual([{ type: "A", ttl: 600, values: ["192.0.2.5"] }]);
  await end();
});

/** Fails every request about DnsRecords from the first write to Gandi on. */
function loseStatuses(): void {
  world.api.fault = ({ target }) =>
    target.startsWith("/dnsrecords") && world.puts.length > 0 ? status(503, "", "no") : undefined;
}

it("what was done is still noted when the API server was away from the write to the next term", async () => {
  loseStatuses();
  await start("home", {});
  await end();
  expect(statusOf("home")).not.toHaveProperty("published");
  world.api.fault = () => undefined;
  world.gandi.stand("home", "A", 300, "192.0.2.66");
  end = world.lead();
  await world.clock.run(5_000);
  expect(statusOf("home").corrections).toHaveLength(1);
  await end();
});

it("a status that was not written is forgotten where another leader has written since", async () => {
  loseStatuses();
  await start("home", {});
  await end();
  world.api.fault = () => undefined;
  world.gandi.stand("home", "A", 300, "192.0.2.66");
  world.changeRecord("home", { spec: { driftLimit: 5 } });
  end = world.lead();
  await world.clock.run(5_000);
  expect(statusOf("home")).not.toHaveProperty("corrections");
  await end();
});

describe("a record that is made anew under the name of a deleted one", () => {
  const anew = async (): Promise<void> => {
    world.removeRecord("home");
    world.addRecord("home", { conflictPolicy: "Refuse" }, "uid-of-another");
    world.api.fault = () => undefined;
    await world.clock.run(60_000);
    expect(condition("home", "Synced")).toMatchObject({ reason: "Conflict" });
    expect(statusOf("home")).not.toHaveProperty("published");
    await end();
  };

  it("does not take over a status that was never written", async () => {
    loseStatuses();
    await start("home", {});
    world.gandi.stand("home", "A", 600, "192.0.2.5");
    await anew();
    expect(world.gandi.at("home", "A")?.values).toEqual(["192.0.2.5"]);
  });

  it("does not get the status of a run that is under way", async () => {
    await start("home", {});
    const paused = Promise.withResolvers<undefined>();
    world.gandi.store = (rrset) => {
      world.paused = paused.promise.then(() => undefined);
      return rrset;
    };
    world.changeRecord("home", { spec: { ttl: 600 } });
    await world.clock.run(1_000);
    setImmediate(() => {
      paused.resolve(undefined);
    });
    await anew();
  });
});

describe("a leader that takes over while its own watch stands still", () => {
  it("does not publish again what was deleted meanwhile", async () => {
    await start("home", { deletionPolicy: "Delete" });
    const other = new World(world);
    world.changeRecord("home", { deleted: true });
    await world.clock.run(1_000);
    await end();
    expect(world.gandi.at("home", "A")).toBeUndefined();
    end = other.lead();
    await world.clock.run(1_000);
    expect(world.gandi.at("home", "A")).toBeUndefined();
    await end();
  });

  it("does not decide from what a node saw before", async () => {
    world.observe("node1", agreed("203.0.113.77"));
    const other = new World(world);
    await start("home", {});
    await end();
    end = other.lead();
    await world.clock.run(1_000);
    expect(world.wanStatus).toMatchObject({ ipv4: A, decisionId: 1 });
    expect(world.puts).toEqual([`PUT example.com home A ${A} 300`]);
    await end();
  });

  it("sends nothing to Gandi before it has read the records", async () => {
    world.api.fault = ({ target }) => (target === "/dnsrecords" ? status(503, "", "no") : undefined);
    await start("home", {});
    expect(world.gandi.calls).toEqual([]);
    world.api.fault = () => undefined;
    await world.clock.run(5_000);
    expect(world.puts).toHaveLength(1);
    await end();
  });
});

describe("a record that is made anew under the name of a deleted one while the watch is behind", () => {
  it("does not get the status of the deleted one, and nothing that was Retain is deleted at Gandi", async () => {
    await start("home", {});
    world.replaceUnseen("home", { name: "www", deletionPolicy: "Delete" }, "uid-of-another");
    world.observe("node1", agreed("203.0.113.77"));
    await world.clock.run(1_000);
    expect(statusOf("home")).toMatchObject({ fqdn: "www.example.com" });
    expect(statusOf("home")).not.toHaveProperty("left");
    world.catchUp();
    await world.clock.run(10 * 60_000);
    expect(world.gandi.at("home", "A")).toBeDefined();
    expect(world.gandi.at("www", "A")).toBeDefined();
    expect(world.gandi.calls.filter((call) => call.startsWith("DELETE"))).toEqual([]);
    await end();
  });

  it("frees the former name for another record at once, though its generation is the former one's", async () => {
    await start("home", {});
    world.addRecord("second", { name: "home", ttl: 600 });
    await world.clock.run(1_000);
    expect(condition("second", "Synced")?.reason).toBe("Conflict");
    world.replaceUnseen("home", { name: "www" }, "uid-of-another");
    world.catchUp();
    await world.clock.run(1_000);
    expect(world.gandi.at("home", "A")?.ttl).toBe(600);
    await end();
  });
});

it("what was done is noted, too, where a person edits the record at that very moment", async () => {
  world.gandi.fault = (call) => {
    if (call.startsWith("PUT") && world.puts.length === 1) {
      const present = world.api.objects.get("/dnsrecords/home") ?? expect.unreachable();
      world.api.put("/dnsrecords/home", { ...present, metadata: { ...present.metadata, labels: { by: "a person" } } });
    }
    return undefined;
  };
  await start("home", {});
  expect(statusOf("home").published).toMatchObject([{ values: [A] }]);
  await end();
});

it("a contested record tells of each correction, and then what to do", async () => {
  await start("home", { driftLimit: 1 });
  for (const address of ["192.0.2.66", "192.0.2.67"]) {
    world.gandi.stand("home", "A", 300, address);
    await world.clock.run(310_000);
  }
  expect(condition("home", "Synced")).toMatchObject({ status: "False", reason: "Contested" });
  expect(reasons().filter((reason) => reason === "DriftCorrected" || reason === "Contested")).toEqual([
    "DriftCorrected",
    "Contested",
  ]);
  await end();
});

describe("values that somebody else has put there", () => {
  const hostile = "\u001b[2J\u001b]0;pwn\u0007\u202e\u009b31m198.51.100.1";
  // Control characters C0, DEL and C1, and marks that change the direction of text.
  const obeyed = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/;
  const many = [hostile, "x".repeat(60_000), ...Array.from({ length: 998 }, (_, i) => `192.0.2.${i}`)];

  it.each<[string, Record<string, unknown>, () => void]>([
    ["several of them", {}, () => void 0],
    ["refused", { conflictPolicy: "Refuse" }, () => void 0],
    ["to be taken over", { conflictPolicy: "Adopt" }, () => void 0],
    ["planned to be", { conflictPolicy: "Adopt", dryRun: true }, () => void 0],
    [
      "changed again and again",
      { conflictPolicy: "Adopt", driftLimit: 1 },
      () => {
        world.gandi.stand("home", "A", 300, ...many);
      },
    ],
  ])("are told short, and obeyed by no terminal: %s", async (_, spec, later) => {
    world.gandi.stand("home", "A", 300, ...many);
    await start("home", spec);
    for (let round = 0; round < 3; round++) {
      later();
      await world.clock.run(400_000);
      world.observe("node1", agreed(A));
    }
    const {
      conditions = [],
      plan = [],
      replaced = [],
    } = (world.stored("/dnsrecords/home")?.["status"] ?? {}) as DnsRecordStatus;
    const told = [
      ...conditions.map(({ message }) => message),
      ...world.events.map(({ note }) => note),
      ...plan,
      ...replaced.flatMap(({ values }) => values),
    ];
    expect(told.length).toBeGreaterThan(0);
    for (const text of told) {
      expect(text).not.toMatch(obeyed);
      expect(text.length).toBeLessThan(5_000);
    }
    await end();
  });

  it("in a CNAME are told short as well", async () => {
    world.gandi.stand("home", "CNAME", 300, `${hostile}${"x".repeat(60_000)}`);
    await start("home", {});
    expect(condition("home", "Synced")).toMatchObject({ status: "False", reason: "Conflict" });
    expect(condition("home", "Synced")?.message).not.toMatch(obeyed);
    expect(condition("home", "Synced")?.message.length).toBeLessThan(1_000);
    await end();
  });
});
