import { describe, expect, it } from "vitest";
import { observation, record, snapshot } from "../status/testing.ts";
import { examine } from "./checks.ts";
import * as facts from "./facts.ts";
import { print } from "./report.ts";

const read = <T>(value: T): { read: true; value: T } => ({ read: true, value });
const silent = { read: false, why: "connection refused" } as const;

const pod = (name: string, labels: Record<string, string>, ready = true): facts.Pod =>
  facts.pod.parse({
    metadata: { name, labels },
    status: {
      phase: "Running",
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      containerStatuses: ready ? [] : [{ restartCount: 7, state: { waiting: { reason: "CrashLoopBackOff" } } }],
    },
  });

const pool = (name: string, assigned: number, available: number): facts.Pool =>
  facts.pool.parse({
    metadata: { name },
    spec: { addresses: ["192.168.1.100-192.168.1.110"] },
    status: { assignedIPv4: assigned, availableIPv4: available },
  });

const node = (name: string, labels: Record<string, string> = {}) =>
  facts.node.parse({ metadata: { name, labels }, status: { conditions: [{ type: "Ready", status: "True" }] } });

const withVerified = () => {
  const home = record("home");
  const [synced] = home.status?.conditions ?? [];
  if (synced === undefined) expect.unreachable();
  return { ...home, status: { ...home.status, conditions: [synced, { ...synced, type: "Verified" }] } };
};

/** A stack that is well, with what a test says otherwise. */
function given(overrides: Partial<facts.Facts> = {}): facts.Facts {
  const { wan, now, observations } = snapshot();
  if (wan === undefined) expect.unreachable();
  const l2 = { serviceName: "esddns-service", serviceNamespace: "home", node: "node1" };
  return {
    namespace: "home",
    metallbNamespace: "metallb-system",
    now,
    version: read("v1.34.4"),
    nodes: read([node("node1"), node("node2")]),
    metallbPods: read([pod("c", { "app.kubernetes.io/component": "controller" }), pod("s", { component: "speaker" })]),
    webhook: read([
      facts.endpointSlice.parse({ metadata: { name: "w" }, endpoints: [{ conditions: { ready: true } }] }),
    ]),
    pools: read([pool("esddns-pool", 1, 10)]),
    l2Advertisements: read([
      facts.advertisement.parse({ metadata: { name: "l2" }, spec: { ipAddressPools: ["esddns-pool"] } }),
    ]),
    bgpAdvertisements: read([]),
    l2Statuses: read([facts.l2Status.parse({ metadata: { name: "l2-x" }, status: l2 })]),
    ownPods: read([pod("o1", { app: "esddns-operator" }), pod("p1", { app: "esddns-service" })]),
    service: read(
      facts.service.parse({
        metadata: { name: "esddns-service" },
        status: { loadBalancer: { ingress: [{ ip: "192.168.1.100" }] } },
      }),
    ),
    page: read(200),
    pageThroughApi: read("ok"),
    wan: read(wan),
    observations: read([...observations]),
    records: read([withVerified()]),
    tokenExpires: read("2027-05-01"),
    ...overrides,
  };
}

const pending = read(facts.service.parse({ metadata: { name: "esddns-service" } }));
const wrongs = (overrides: Partial<facts.Facts>): string[] =>
  examine(given(overrides)).flatMap(({ check, state }) => (state === "wrong" ? [check] : []));
const line = (check: string, overrides: Partial<facts.Facts>) =>
  examine(given(overrides)).find((each) => each.check === check);

describe("the doctor", () => {
  it("finds nothing wrong with a stack that is well", () => {
    const lines = examine(given());
    expect(lines.filter(({ state }) => state !== "ok")).toEqual([]);
    expect(print(lines)).toMatch(/15 in order, 0 wrong, 0 to look at, 0 unknown\n$/);
  });

  it.each<[string, Partial<facts.Facts>, string[]]>([
    ["MetalLB is not installed", { metallbPods: read([]) }, ["MetalLB's pods"]],
    [
      "a speaker crashes",
      { metallbPods: read([pod("c", { component: "controller" }), pod("s", { component: "speaker" }, false)]) },
      ["MetalLB's pods"],
    ],
    ["the webhook is not up", { webhook: read([]) }, ["MetalLB's webhook"]],
    [
      "there is no pool, and the address is pending",
      { pools: read([]), service: pending, page: silent },
      ["Address pools", "LoadBalancer address", "Page"],
    ],
    [
      "the pool is full, and the address is pending",
      {
        pools: read([pool("p", 11, 0)]),
        l2Advertisements: read([
          facts.advertisement.parse({ metadata: { name: "l2" }, spec: { ipAddressPools: ["p"] } }),
        ]),
        service: pending,
        page: silent,
      },
      ["Address pools", "LoadBalancer address", "Page"],
    ],
    [
      "nothing announces the pool",
      { l2Advertisements: read([]), l2Statuses: read([]) },
      ["Advertisement", "Announcing node"],
    ],
    [
      "every node is excluded",
      { nodes: read([node("node1", { "node.kubernetes.io/exclude-from-external-load-balancers": "" })]) },
      ["Excluded nodes"],
    ],
    ["ARP does not get through", { page: silent }, ["Page"]],
    ["the operator is not there", { ownPods: read([]) }, ["Operator"]],
    ["there is no WanAddress", { wan: silent }, ["WAN address"]],
    ["no node reports", { observations: read([]) }, ["Votes"]],
    [
      "nothing answers",
      {
        observations: read([
          {
            ...observation("node1", "Google:"),
            votes: observation("node1", "Google:198.51.100.20").votes.map((vote) => ({
              ...vote,
              outcome: "Timeout" as const,
            })),
          },
        ]),
      },
      ["Votes"],
    ],
    [
      "Gandi refuses the token",
      { records: read([record("home", "False", "Create a new one.")]) },
      ["Records at Gandi", "Gandi's token"],
    ],
    ["the token has expired", { tokenExpires: read("2026-02-01") }, ["Gandi's token"]],
  ])("names what is wrong: %s", (_name, overrides, expected) => {
    expect(wrongs(overrides)).toEqual(expected);
    const todos = examine(given(overrides)).filter(({ state }) => state === "wrong");
    expect(todos.every(({ todo }) => todo !== "")).toBe(true);
  });

  it("tells the page that fails from the way to it that fails", () => {
    expect(line("Page", { page: silent })?.todo).toContain("The way there is what fails");
    expect(line("Page", { page: silent, pageThroughApi: silent })?.saw).toContain("its pods do not answer either");
  });

  it("names the ports to open for a transport without an answer", () => {
    const votes = observation("node1", "Google:198.51.100.20 !ipify:198.51.100.20").votes.map((vote) =>
      vote.transport === "udp" ? { ...vote, outcome: "Timeout" as const } : vote,
    );
    const found = line("Votes", { observations: read([{ ...observation("node1", ""), votes }]) });
    expect(found).toMatchObject({ state: "warn", saw: "answers by transport: https 1 of 1, udp 0 of 1" });
    expect(found?.todo).toContain("UDP out to ports 3478");
  });

  it("says what it could not look at, and is not put off by it", () => {
    expect(line("Address pools", { pools: silent })).toMatchObject({ state: "unknown", saw: "connection refused" });
    expect(wrongs({ pools: silent })).toEqual([]);
  });

  it("warns of an advertisement that takes in every pool of the cluster", () => {
    const open = facts.advertisement.parse({ metadata: { name: "all" } });
    expect(line("Advertisement", { l2Advertisements: read([open]) })).toMatchObject({ state: "warn" });
  });
});
