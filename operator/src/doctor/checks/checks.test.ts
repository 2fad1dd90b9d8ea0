import { describe, expect, it } from "vitest";
import { observation, record, snapshot } from "../../snapshot/testing.ts";
import type { Condition } from "@esddns/common/api";
import * as cluster from "@esddns/common/cluster";
import { vote } from "../../decide/testing.ts";
import { examine } from "./checks.ts";
import * as facts from "../read/facts.ts";
import { printReport } from "../report/report.ts";

const read = <T>(value: T): { read: true; value: T } => ({ read: true, value });
const silent = cluster.failedRead("connection refused");
const forbidden = cluster.failedRead("this pod has no right to read it", "Forbidden");

const pod = (name: string, labels: Record<string, string>, ready = true): cluster.Pod =>
  cluster.pod.parse({
    metadata: { name, labels, annotations: { "prometheus.io/scrape": "true" } },
    status: {
      phase: "Running",
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      containerStatuses: ready ? [] : [{ restartCount: 7, state: { waiting: { reason: "CrashLoopBackOff" } } }],
    },
  });

const pool = (name: string, assigned: number, available: number): cluster.AddressPool =>
  cluster.addressPool.parse({
    metadata: { name },
    spec: { addresses: ["192.168.1.100-192.168.1.110"] },
    status: { assignedIPv4: assigned, availableIPv4: available },
  });

/** As `192.168.1.120/30` and `fd00:1::/120` are once IPv4 is given away. */
const withoutIpv4 = cluster.addressPool.parse({
  metadata: { name: "esddns-pool" },
  spec: { addresses: ["192.168.1.120/30", "fd00:1::/120"] },
  status: { assignedIPv4: 4, availableIPv4: 0, assignedIPv6: 0, availableIPv6: 256 },
});

const node = (name: string, labels: Record<string, string> = {}) =>
  cluster.node.parse({
    metadata: { name, labels },
    status: {
      conditions: [{ type: "Ready", status: "True" }],
      addresses: [{ type: "InternalIP", address: `192.168.1.1${name.at(-1) ?? ""}` }],
    },
  });

/** The LAN as it should be: node1 has the page's address, and no device has the free ones. */
const lan = (more: Record<string, string> = {}): facts.Neighbours => {
  const free = Array.from({ length: 10 }, (_, i) => [`192.168.1.${101 + i}`, undefined] as const);
  const nodes = { "192.168.1.11": "02:00:00:00:00:11", "192.168.1.12": "02:00:00:00:00:12" };
  return new Map<string, string | undefined>([
    ...free,
    ...Object.entries({ ...nodes, "192.168.1.100": nodes["192.168.1.11"], ...more }),
  ]);
};

const configuration = (name: string, result: string, errorSummary?: string) =>
  facts.configurationState.parse({ metadata: { name }, status: { result, errorSummary } });
const withVerified = () => {
  const home = record("home");
  const [synced] = home.status?.conditions ?? [];
  if (synced === undefined) expect.unreachable();
  return { ...home, status: { ...home.status, conditions: [synced, { ...synced, type: "Verified" }] } };
};

const verdict = (status: Condition["status"], message: string) =>
  ({ status, reason: status === "True" ? "Verified" : status === "False" ? "Differs" : "NoAnswer", message }) as const;

const withReason = (reason: string) => {
  const home = record("home", "False", "Give it the right.");
  const [synced] = home.status?.conditions ?? [];
  if (synced === undefined) expect.unreachable();
  return { ...home, status: { ...home.status, conditions: [{ ...synced, reason }] } };
};

/** No neighbours, as from a machine outside the LAN. */
const elsewhere = read<facts.Neighbours>(new Map());

/** A stack that is well, with what a test says otherwise. */
function given(overrides: Partial<facts.Facts> = {}): facts.Facts {
  const { wan, now, observations } = snapshot();
  if (wan === undefined) expect.unreachable();
  const l2 = { serviceName: "esddns-service", serviceNamespace: "home", node: "node1" };
  return {
    place: "outside",
    namespace: "home",
    metallbNamespace: "metallb-system",
    stackPools: ["esddns-pool"],
    now,
    version: read("v1.34.4"),
    nodes: read([node("node1"), node("node2")]),
    metallbPods: read([pod("c", { "app.kubernetes.io/component": "controller" }), pod("s", { component: "speaker" })]),
    webhook: read([
      cluster.endpointSlice.parse({ metadata: { name: "w" }, endpoints: [{ conditions: { ready: true } }] }),
    ]),
    pools: read([pool("esddns-pool", 1, 10)]),
    l2Advertisements: read([
      facts.advertisement.parse({ metadata: { name: "l2" }, spec: { ipAddressPools: ["esddns-pool"] } }),
    ]),
    bgpAdvertisements: read([]),
    bgpPeers: read([]),
    bgpSessions: read([]),
    configuration: read([configuration("controller", "Valid"), configuration("speaker-node1", "Valid")]),
    l2Statuses: read([cluster.serviceL2Status.parse({ metadata: { name: "l2-x" }, status: l2 })]),
    serviceLb: read([]),
    ownPods: read([pod("o1", { app: "esddns-operator" }), pod("p1", { app: "esddns-service" })]),
    service: read(
      cluster.service.parse({
        metadata: { name: "esddns-service" },
        status: { loadBalancer: { ingress: [{ ip: "192.168.1.100" }] } },
      }),
    ),
    serviceWarnings: read([]),
    taken: read(["192.168.1.100"]),
    neighbours: read(lan()),
    page: read(200),
    pagePastMetallb: read("ok"),
    wan: read(wan),
    observations: read([...observations]),
    records: read([withVerified()]),
    answers: read(new Map([["home", verdict("True", "ns1.gandi.net say A 198.51.100.20.")]])),
    tokenExpires: read("2027-05-01"),
    monitors: read([]),
    rules: read(["prometheusrules/esddns-metrics"]),
    ...overrides,
  };
}

const pending = read(cluster.service.parse({ metadata: { name: "esddns-service" } }));
const wrongs = (overrides: Partial<facts.Facts>): string[] =>
  examine(given(overrides)).flatMap(({ check, state }) => (state === "wrong" ? [check] : []));
const line = (check: string, overrides: Partial<facts.Facts>) =>
  examine(given(overrides)).find((each) => each.check === check);

describe("the doctor", () => {
  it("finds nothing wrong with a stack that is well", () => {
    const lines = examine(given());
    expect(lines.filter(({ state }) => state !== "ok")).toEqual([]);
    const report = printReport("home", lines);
    expect(report).toContain(`${lines.length} in order, 0 wrong, 0 to look at, 0 unknown`);
    expect(report).toContain("[x] DNS updates reach Gandi, and the zone's servers");
    // Three things are for people to say, however well all is.
    expect(report.match(/^\[\?\]/gm)).toHaveLength(4);
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
      { pools: read([]), service: pending, page: silent, neighbours: elsewhere },
      ["Address pools", "LoadBalancer address", "Page"],
    ],
    [
      "the pool is full, and the address is pending",
      {
        stackPools: ["p"],
        neighbours: elsewhere,
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
    [
      "ARP does not get through",
      { page: silent, neighbours: read(new Map([...lan(), ["192.168.1.100", undefined]])) },
      ["ARP on the LAN", "Page"],
    ],
    [
      "another device has the page's address",
      { page: silent, neighbours: read(lan({ "192.168.1.100": "00:11:22:33:44:55" })) },
      ["ARP on the LAN", "Page"],
    ],
    [
      "another device has an address that MetalLB may give out",
      { neighbours: read(lan({ "192.168.1.105": "00:11:22:33:44:55" })) },
      ["Free addresses"],
    ],
    ["the stack's pool was deleted, and another is there", { stackPools: ["home-pool"] }, ["Address pools"]],
    [
      "the pool takes in a node's address",
      { pools: read([{ ...pool("esddns-pool", 1, 10), spec: { addresses: ["192.168.1.0/25"], autoAssign: true } }]) },
      ["Address pools", "Free addresses"],
    ],
    [
      "MetalLB does not take the configuration",
      { configuration: read([configuration("speaker-node1", "Invalid", "peer x has no password")]) },
      ["MetalLB's configuration"],
    ],
    [
      "a BGP session is down",
      {
        bgpPeers: read([cluster.anyObject.parse({ metadata: { name: "router" } })]),
        bgpSessions: read([
          { speaker: "s1", peer: "192.168.1.1:179", up: true },
          { speaker: "s2", peer: "192.168.1.1:179", up: false },
        ]),
      },
      ["BGP sessions"],
    ],
    ["Kubernetes is too old", { version: read("v1.28.3") }, ["Cluster"]],
    [
      "the zone's servers say something else",
      { answers: read(new Map([["home", verdict("False", "ns1 says nothing")]])) },
      ["Records in DNS"],
    ],
    ["the operator is not there", { ownPods: read([]) }, ["Operator"]],
    ["there is no WanAddress", { wan: silent }, ["WAN address"]],
    ["no node reports", { observations: read([]) }, ["STUN"]],
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
      ["STUN"],
    ],
    [
      "Gandi refuses the token",
      { records: read([record("home", "False", "Create a new one.")]) },
      ["Gandi's token", "Records at Gandi"],
    ],
    [
      "the token lacks the right to write the zone",
      { records: read([withReason("AccessDenied")]) },
      ["Gandi's token", "Records at Gandi"],
    ],
    ["the token has expired", { tokenExpires: read("2026-02-01") }, ["Gandi's token"]],
  ])("names what is wrong: %s", (_name, overrides, expected) => {
    expect(wrongs(overrides)).toEqual(expected);
    const todos = examine(given(overrides)).filter(({ state }) => state === "wrong");
    expect(todos.every(({ todo }) => todo !== "")).toBe(true);
  });

  it("tells the page that fails from the way to it that fails", () => {
    expect(line("Page", { page: silent })?.todo).toContain("The way there is what fails");
    expect(line("Page", { page: silent, pagePastMetallb: silent })?.saw).toContain("its pods do not answer either");
    const unseen = line("Page", { page: silent, pagePastMetallb: silent, ownPods: forbidden })?.saw;
    expect(unseen).toContain("cannot be looked at");
    expect(unseen).not.toContain("there are none");
  });

  it("does not call a BGP session down because it cannot see it", () => {
    const bgpPeers = read([cluster.anyObject.parse({ metadata: { name: "router" } })]);
    expect(line("BGP sessions", { bgpPeers, bgpSessions: silent })).toMatchObject({
      state: "unknown",
      saw: "the speakers' metrics cannot be read (connection refused)",
    });
  });

  it("takes a pool for full of which one family is", () => {
    const text = "esddns-pool (192.168.1.120/30, fd00:1::/120) IPv4 4 of 4 in use, IPv6 0 of 256 in use";
    const full = { pools: read([withoutIpv4]) };
    expect(line("Address pools", full)).toMatchObject({ state: "warn", saw: `full: ${text}` });
    expect(line("Address pools", { ...full, service: pending })).toMatchObject({
      state: "wrong",
      saw: `every pool is full: ${text}`,
    });
  });

  it("calls no node excluded whose label MetalLB is told to ignore", () => {
    const nodes = read([node("node1", { "node.kubernetes.io/exclude-from-external-load-balancers": "" })]);
    const speaker = pod("s", { component: "speaker" });
    const told = (...args: string[]) => ({
      nodes,
      metallbPods: read([
        { ...speaker, spec: { containers: [{ image: "", args: ["--port=7472", ...args], env: [] }] } },
      ]),
    });
    expect(line("Excluded nodes", told())).toMatchObject({ state: "wrong" });
    expect(line("Excluded nodes", told("--ignore-exclude-lb"))).toMatchObject({
      state: "ok",
      saw: "MetalLB is told to ignore the label of node1",
    });
  });

  it("prints the logs of MetalLB's pods by a label that they have", () => {
    const down = { l2Statuses: read([]) };
    const speaker = (labels: Record<string, string>) => ({ ...down, metallbPods: read([pod("s", labels)]) });
    const logs = "kubectl logs -n metallb-system -l";
    expect(line("Announcing node", speaker({ component: "speaker" }))?.todo).toBe(`${logs} component=speaker`);
    expect(line("Announcing node", speaker({ "app.kubernetes.io/component": "speaker" }))?.todo).toBe(
      `${logs} app.kubernetes.io/component=speaker`,
    );
    expect(line("MetalLB's webhook", { webhook: read([]), metallbPods: silent })?.todo).toContain(
      `${logs} component=controller`,
    );
  });

  it("names the ports to open for a transport without an answer", () => {
    const votes = observation("node1", "Google:198.51.100.20 !ipify:198.51.100.20").votes.map((vote) =>
      vote.transport === "udp" ? { ...vote, outcome: "Timeout" as const } : vote,
    );
    const found = line("STUN", { observations: read([{ ...observation("node1", ""), votes }]) });
    expect(found).toMatchObject({ state: "wrong", saw: "STUN servers answer: udp 0 of 1" });
    expect(found?.todo).toBe("udp: Timeout. It needs UDP out to ports 3478 and 19302.");
  });

  it("takes a private address for an answer of the router, and says what it means that it tells none", () => {
    const word = {
      ...vote("router:100.64.3.4", "Implausible"),
      source: "nat-pmp:192.168.1.1",
      transport: "nat-pmp" as const,
    };
    const told = (more: object) => read([{ ...observation("node1", ""), votes: [{ ...word, ...more }] }]);
    expect(line("Router", { observations: told({}) })).toMatchObject({
      state: "ok",
      saw: "the router answers: nat-pmp 1 of 1",
    });
    const observations = told({ outcome: "Refused", detail: "NAT-PMP result 3: none" });
    const { wan: usual } = snapshot();
    if (usual === undefined) expect.unreachable();
    const conditions = usual.status?.conditions?.map((one) =>
      one.type === "BehindNAT" ? { ...one, reason: "RouterHasNoAddress", message: "It has none." } : one,
    );
    const wan = read({ ...usual, status: { ...usual.status, conditions } });
    expect(line("Router", { observations, wan })).toMatchObject({
      state: "warn",
      saw: "the router answers, but tells no address: It has none.",
    });
    expect(line("Router", { observations: told({ outcome: "Timeout" }) })?.todo).toContain("It needs UDP 5351");
  });

  it("says what it could not look at, and is not put off by it", () => {
    expect(line("Address pools", { pools: silent })).toMatchObject({ state: "unknown", saw: "connection refused" });
    expect(wrongs({ pools: silent })).toEqual([]);
  });

  it("tells MetalLB's own word about an address that is pending", () => {
    const words = ["Failed to allocate IP: no available IPs"];
    expect(line("LoadBalancer address", { service: pending, serviceWarnings: read(words) })?.saw).toBe(
      "esddns-service is <pending>; MetalLB says: Failed to allocate IP: no available IPs",
    );
  });

  it("says which node answers by ARP, and warns where it is not the one that should", () => {
    expect(line("ARP on the LAN", {})?.saw).toBe("node1 answers for 192.168.1.100 (02:00:00:00:00:11)");
    const swapped = read(lan({ "192.168.1.100": "02:00:00:00:00:12" }));
    expect(line("ARP on the LAN", { neighbours: swapped })).toMatchObject({ state: "warn" });
    // node2 has taken over, and MetalLB lets it write only the label.
    const taken = cluster.serviceL2Status.parse({
      metadata: { name: "l2-x", labels: { "metallb.io/node": "node2" } },
      status: { node: "node1", serviceName: "esddns-service", serviceNamespace: "home" },
    });
    const takenOver = { neighbours: swapped, l2Statuses: read([taken]) };
    expect(line("ARP on the LAN", takenOver)).toMatchObject({ state: "ok" });
    expect(line("Announcing node", takenOver)?.saw).toBe("announced by node2");
    expect(line("ARP on the LAN", { neighbours: elsewhere })).toMatchObject({ state: "unknown" });
  });

  it("in a pod takes what it may not read for unknown, never for wrong", () => {
    const none = forbidden;
    const pod: Partial<facts.Facts> = {
      ...{ place: "pod", nodes: none, metallbPods: none, webhook: none, configuration: none, ownPods: none },
      ...{ l2Advertisements: none, bgpAdvertisements: none, bgpPeers: none, taken: none, serviceWarnings: none },
      ...{ neighbours: cluster.failedRead("a pod is not on the LAN"), answers: cluster.failedRead("not from a pod") },
      ...{ monitors: none, rules: none, page: silent },
    };
    const lines = examine(given(pod));
    expect(lines.filter(({ state }) => state === "wrong")).toEqual([]);
    expect(lines.filter(({ state }) => state === "ok").map(({ check }) => check)).toEqual([
      "Cluster",
      "Address pools",
      "LoadBalancer address",
      "Announcing node",
      "STUN",
      "HTTPS echo",
      "Router",
      "WAN address",
      "Gandi's token",
      "Records at Gandi",
      "Records in DNS",
    ]);
  });

  it("keeps what a person has to find out apart from what it has seen", () => {
    const report = printReport("home", examine(given({ pools: read([]), rules: read([]) })));
    expect(report).toContain("[ ] There is an address pool with free addresses: see Address pools\n");
    expect(report).toMatch(/^\[\?\] There are alerts: look at Alerts\. Does an alert reach somebody/m);
    expect(report).toMatch(/^\[\?\] Whoever runs the network knows of the addresses: /m);
  });

  it("warns of an advertisement that takes in every pool of the cluster", () => {
    const open = facts.advertisement.parse({ metadata: { name: "all" } });
    expect(line("Advertisement", { l2Advertisements: read([open]) })).toMatchObject({ state: "warn" });
  });
});

describe("an address that something else than MetalLB has written", () => {
  const serviceAt = (...ips: string[]) =>
    read(
      cluster.service.parse({
        metadata: { name: "esddns-service" },
        status: { loadBalancer: { ingress: ips.map((ip) => ({ ip })) } },
      }),
    );
  const look = (overrides: Partial<facts.Facts>) =>
    examine(given(overrides)).find(({ check }) => check === "LoadBalancer address");
  const nodes = serviceAt("192.168.1.11", "192.168.1.12");
  const svclb = read(["kube-system/svclb-esddns-service-1a2b"]);

  it("is wrong, and k3s' load balancer is named with the way out", () => {
    expect(look({ service: nodes, serviceLb: svclb })).toMatchObject({
      state: "wrong",
      saw: expect.stringContaining("192.168.1.11, 192.168.1.12 are in no pool of MetalLB's") as string,
      todo: expect.stringMatching(/ServiceLB.*kube-system\/svclb-esddns-service-1a2b.*--disable=servicelb/) as string,
    });
  });

  it("is wrong where nobody knows who wrote it, and the command that tells is named", () => {
    for (const serviceLb of [read([]), forbidden])
      expect(look({ service: nodes, serviceLb })).toMatchObject({
        state: "wrong",
        todo: expect.stringContaining("--show-managed-fields") as string,
      });
  });

  it("is warned of while MetalLB's is there for the moment, and is what keeps it pending", () => {
    expect(look({ serviceLb: svclb })).toMatchObject({
      state: "warn",
      todo: expect.stringContaining("--disable=servicelb") as string,
    });
    expect(look({ service: serviceAt(), serviceLb: svclb })).toMatchObject({
      state: "wrong",
      todo: expect.stringContaining("--disable=servicelb") as string,
    });
  });

  it("is not spoken of in a pod, which may not read every pool", () => {
    expect(look({ service: nodes, place: "pod" })?.state).toBe("ok");
  });
});
