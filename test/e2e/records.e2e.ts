import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gandiControl } from "@esddns/lab";
import {
  answers,
  apply,
  condition,
  conditionIs,
  deleteMade,
  kubectl,
  lookAgain,
  namespace,
  putByHand,
  status,
  zone,
} from "./dnsRecords.ts";
import { dig, labJson, labOk } from "./lab.ts";

const wan = { ipv4: "198.51.100.20", prefix: "2001:db8:100::/64" };
const gandi = gandiControl();

beforeAll(async () => {
  await labOk("trouble", "off");
  await labOk("wan", wan.ipv4, wan.prefix);
  await answers("home", "A", [wan.ipv4]);
});

afterAll(async () => {
  await gandi.clearFaults();
  await kubectl("delete", "role,rolebinding", "read-page", "--ignore-not-found");
  await deleteMade();
});

describe("a record", () => {
  test("of several types at the zone itself and below a wildcard is written, and its name servers confirm it", async () => {
    await apply("apex", { name: "@", types: ["A", "AAAA"], ipv6Suffix: "::50", deletionPolicy: "Delete" });
    await apply("wildcard", { name: "*.apps", types: ["A"], ttl: 600, deletionPolicy: "Delete" });
    await answers("@", "A", [wan.ipv4]);
    await answers("@", "AAAA", ["2001:db8:100::50"]);
    await answers("any.apps", "A", [wan.ipv4]);
    await conditionIs("apex", "Verified", { status: "True" });
    await conditionIs("wildcard", "Verified", { status: "True" });
  });

  test("with deletionPolicy Delete takes its rrsets along when it goes, and nothing else of the zone", async () => {
    await kubectl("delete", "dnsrecord", "apex", "wildcard");
    await answers("@", "A", []);
    await answers("@", "AAAA", []);
    await answers("any.apps", "A", []);
    await answers("home", "A", [wan.ipv4]);
    expect(await dig(zone, "NS")).not.toEqual([]);
  });

  test("takes over what stood there, tells the former values, and leaves them be when it goes with Retain", async () => {
    await putByHand("taken", "A", ["198.51.100.9"]);
    await apply("taken", { name: "taken", types: ["A"] });
    await answers("taken", "A", [wan.ipv4]);
    expect(await status("taken")).toMatchObject({ replaced: [{ type: "A", values: ["198.51.100.9"] }] });
    await kubectl("delete", "dnsrecord", "taken");
    await answers("taken", "A", [wan.ipv4]);
  });

  test("refuses to take over with conflictPolicy Refuse, and the stranger's values stay", async () => {
    await putByHand("theirs", "A", ["198.51.100.8"]);
    await apply("theirs", { name: "theirs", types: ["A"], conflictPolicy: "Refuse" });
    await conditionIs("theirs", "Synced", { status: "False", reason: "Conflict" });
    expect(await dig(`theirs.${zone}`, "A")).toEqual(["198.51.100.8"]);
  });

  test("of a zone that does not exist says so", async () => {
    await apply("nowhere", { zone: "no-such-zone.example", name: "home", types: ["A"] });
    await conditionIs("nowhere", "Synced", { status: "False", reason: "ZoneNotFound" });
  });

  test("that a second object claims as well stays with the first, and the second says whose it is", async () => {
    await apply("second", { name: "home", types: ["A"] });
    await conditionIs("second", "Synced", { status: "False", reason: "Conflict" });
    expect((await condition("second", "Synced"))?.message).toContain("home");
    await answers("home", "A", [wan.ipv4]);
  });

  test("in a dry run shows its plan and writes nothing", async () => {
    await gandi.clearRequests();
    await apply("planned", { name: "planned", types: ["A"], dryRun: true });
    await conditionIs("planned", "Synced", { status: "False", reason: "DryRun" });
    expect(((await status("planned"))["plan"] as string[]).join()).toContain(wan.ipv4);
    expect(
      (await gandi.requests()).filter(({ method, target }) => method !== "GET" && target.includes("planned")),
    ).toEqual([]);
    expect(await dig(`planned.${zone}`, "A")).toEqual([]);
  });
});

describe("the address of a Service", () => {
  test("is refused while it is private, and published once that is meant", async () => {
    const source = { kind: "Service", service: { namespace, name: "esddns-service" } };
    await apply("page", { name: "page", types: ["A"], source, deletionPolicy: "Delete" });
    await conditionIs("page", "Synced", { status: "False", reason: "WaitingForAddress" });
    expect((await condition("page", "Synced"))?.message).toContain(
      `Service ${namespace}/esddns-service may not be read`,
    );
    // What the stack makes for the Services that its config names.
    await kubectl("create", "role", "read-page", "--verb=get", "--resource=services", "--resource-name=esddns-service");
    await kubectl(
      "create",
      "rolebinding",
      "read-page",
      "--role=read-page",
      `--serviceaccount=${namespace}:esddns-operator`,
    );
    await conditionIs("page", "Synced", { status: "False", reason: "NotGlobal" });
    await apply("page", { name: "page", types: ["A"], source, allowPrivate: true, deletionPolicy: "Delete" });
    const { loadBalancerIp } = await labJson<{ loadBalancerIp: string }>("pulumi", "stack", "output", "--json");
    await answers("page", "A", [loadBalancerIp]);
  });
});

describe("somebody else's change", () => {
  test("is undone as often as driftLimit says, then the record is Contested and left alone", async () => {
    await apply("drift", { name: "drift", types: ["A"], driftLimit: 1, deletionPolicy: "Delete" });
    await answers("drift", "A", [wan.ipv4]);
    await putByHand("drift", "A", ["198.51.100.7"]);
    await lookAgain("drift");
    await answers("drift", "A", [wan.ipv4]);
    expect((await status("drift"))["corrections"]).toHaveLength(1);

    await putByHand("drift", "A", ["198.51.100.7"]);
    await lookAgain("drift");
    await conditionIs("drift", "Synced", { status: "False", reason: "Contested" });
    expect(await dig(`drift.${zone}`, "A")).toEqual(["198.51.100.7"]);
  });
});

describe("the lease", () => {
  test("passes on when its holder is killed, and the next change goes out", async () => {
    const holder = (await kubectl("get", "lease", "esddns-writer", "-o", "jsonpath={.spec.holderIdentity}")).split(
      "_",
    )[0];
    await kubectl("delete", "pod", holder ?? "", "--grace-period=0", "--force");
    await labOk("wan", "198.51.100.44", wan.prefix);
    await answers("home", "A", ["198.51.100.44"]);
    await labOk("wan", wan.ipv4, wan.prefix);
    await answers("home", "A", [wan.ipv4]);
  });
});
