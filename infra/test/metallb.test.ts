import { beforeAll, describe, expect, it } from "vitest";
import { CONFIG, plain, runProgram, type ProgramRun } from "./testing.ts";

const BGP_PEER = "kubernetes:metallb.io/v1beta2:BGPPeer";
const BGP_ADVERTISEMENT = "kubernetes:metallb.io/v1beta1:BGPAdvertisement";
const L2_ADVERTISEMENT = "kubernetes:metallb.io/v1beta1:L2Advertisement";
const BFD = "kubernetes:metallb.io/v1beta1:BFDProfile";
const POOL = "kubernetes:metallb.io/v1beta1:IPAddressPool";
const SECRET = "kubernetes:core/v1:Secret";

const peer = { myASN: 64500, peerASN: 64501, peerAddress: "192.168.1.1" };
const WITH_BGP = {
  ...CONFIG,
  metallb: { values: { frrk8s: { enabled: true } } },
  bgp: {
    peers: [
      { ...peer, name: "plain", peerAddress: "192.168.1.3" },
      {
        ...peer,
        name: "full",
        peerPort: 1179,
        holdTime: "30s",
        keepaliveTime: "10s",
        ebgpMultiHop: true,
        generatePassword: true,
        nodeSelectors: [{ matchLabels: { "kubernetes.io/hostname": "node1" } }],
        bfd: { receiveInterval: 100 },
      },
      { ...peer, name: "told", peerAddress: "192.168.1.2", password: "hunter2" },
    ],
    advertisements: [
      { name: "esddns-bgp", pools: ["esddns-pool"] },
      {
        name: "wide",
        pools: ["second"],
        aggregationLength: 28,
        communities: ["65535:65282"],
        peers: ["full"],
        nodeSelectors: [{ matchExpressions: [{ key: "rack", operator: "In", values: ["a"] }] }],
      },
    ],
  },
};

describe("BGP", () => {
  let program: ProgramRun;
  beforeAll(async () => {
    program = await runProgram(WITH_BGP, { secrets: ["bgp"] });
  });

  it("has the peers of the config, and in each no more than it says", () => {
    expect(program.one(BGP_PEER, "metallb-plain").inputs).toMatchObject({
      metadata: { name: "plain", namespace: "metallb-system" },
    });
    expect(plain(program.one(BGP_PEER, "metallb-plain").inputs.spec)).toEqual({ ...peer, peerAddress: "192.168.1.3" });
    expect(plain(program.one(BGP_PEER, "metallb-full").inputs.spec)).toEqual({
      ...peer,
      peerPort: 1179,
      holdTime: "30s",
      keepaliveTime: "10s",
      ebgpMultiHop: true,
      nodeSelectors: [{ matchLabels: { "kubernetes.io/hostname": "node1" } }],
      passwordSecret: { name: "full-password", namespace: "metallb-system" },
      bfdProfile: "full",
    });
    expect(plain(program.one(BFD).inputs)).toMatchObject({
      metadata: { name: "full" },
      spec: { receiveInterval: 100 },
    });
  });

  it("keeps passwords in Secrets of the type that MetalLB takes, and nowhere else", () => {
    const secrets = program.resources.filter(({ type, name }) => type === SECRET && name.startsWith("metallb-"));
    expect(secrets.map(({ inputs }) => [inputs.metadata?.name, inputs["type"]]).sort()).toEqual([
      ["full-password", "kubernetes.io/basic-auth"],
      ["told-password", "kubernetes.io/basic-auth"],
    ]);
    expect(JSON.stringify(secrets)).toContain("hunter2");
    // As a plain value it would stand in the state.
    for (const { inputs } of secrets) expect(inputs["stringData"]).not.toHaveProperty("password");
    const others = program.resources.filter((resource) => !secrets.includes(resource));
    expect(JSON.stringify(others)).not.toContain("hunter2");
    expect(JSON.stringify(program.outputs)).not.toContain("hunter2");
    expect(program.one("random:index/randomPassword:RandomPassword").inputs).toMatchObject({ special: false });
  });

  it("tells this stack's peers of the pools that are named, and of no others", () => {
    expect(plain(program.one(BGP_ADVERTISEMENT, "metallb-esddns-bgp").inputs.spec)).toEqual({
      ipAddressPools: ["esddns-pool"],
      aggregationLength: 32,
      aggregationLengthV6: 128,
      peers: ["plain", "full", "told"],
    });
    expect(plain(program.one(BGP_ADVERTISEMENT, "metallb-wide").inputs.spec)).toMatchObject({
      ipAddressPools: ["second"],
      aggregationLength: 28,
      communities: ["65535:65282"],
      peers: ["full"],
      nodeSelectors: [{ matchExpressions: [{ key: "rack", operator: "In", values: ["a"] }] }],
    });
    expect(program.one(L2_ADVERTISEMENT).inputs.spec).toEqual({ ipAddressPools: ["esddns-pool", "second"] });
  });

  it("has this stack's name on all of it, so that another stack of the cluster keeps off", () => {
    const there = program.resources.filter(
      ({ name, inputs }) => name.startsWith("metallb-") && inputs.metadata?.namespace === "metallb-system",
    );
    expect(new Set(there.map(({ type }) => type))).toEqual(
      new Set([POOL, L2_ADVERTISEMENT, BGP_PEER, BGP_ADVERTISEMENT, BFD, SECRET]),
    );
    for (const { inputs } of there) expect(inputs.metadata?.labels).toEqual({ "esddns.io/owner": "esddns-production" });
  });

  it("deletes an advertisement without an update in between, which MetalLB's webhook may refuse", () => {
    for (const name of ["metallb-esddns-bgp", "metallb-wide"]) {
      expect(program.one(BGP_ADVERTISEMENT, name).inputs.metadata).toMatchObject({
        annotations: { "pulumi.com/deletionPropagationPolicy": "background" },
      });
    }
  });

  it("shows all of that in a first preview, and no password", async () => {
    const preview = await runProgram(WITH_BGP, { secrets: ["bgp"], preview: true });
    const count = (type: string) => preview.resources.filter((resource) => resource.type === type).length;
    expect([BGP_PEER, BGP_ADVERTISEMENT, BFD].map(count)).toEqual([3, 2, 1]);
    const plain = preview.resources.filter(({ type }) => type !== SECRET);
    expect(JSON.stringify(plain)).not.toContain("hunter2");
  });
});

describe("pools and advertisements", () => {
  it("are for whom the config says, on the nodes and interfaces that it names", async () => {
    const web = [{ matchLabels: { tier: "web" } }];
    const program = await runProgram({
      ...CONFIG,
      pools: [
        { name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.110"], autoAssign: false },
        { name: "web", addresses: ["192.168.1.120"], serviceSelectors: web, priority: 10 },
      ],
      l2: [
        {
          name: "lan",
          pools: ["esddns-pool", "web"],
          interfaces: ["eth0"],
          nodeSelectors: [{ matchLabels: { lan: "yes" } }],
        },
      ],
    });
    expect(program.one(POOL, "metallb-esddns-pool").inputs.spec).toEqual({
      addresses: ["192.168.1.100-192.168.1.110"],
      autoAssign: false,
      avoidBuggyIPs: false,
    });
    expect(program.one(POOL, "metallb-web").inputs.spec).toMatchObject({
      serviceAllocation: { serviceSelectors: web, priority: 10 },
    });
    expect(program.one(L2_ADVERTISEMENT).inputs).toMatchObject({
      metadata: { name: "lan" },
      spec: {
        ipAddressPools: ["esddns-pool", "web"],
        interfaces: ["eth0"],
        nodeSelectors: [{ matchLabels: { lan: "yes" } }],
      },
    });
  });
});

describe("MetalLB by the path of its chart", () => {
  it("is asked by the annotations that the version in the archive's name reads", async () => {
    const program = await runProgram({ ...CONFIG, metallb: { chart: "./metallb-0.14.5.tgz" } });
    const { annotations } = program.one("kubernetes:core/v1:Service", "page-service").inputs.metadata ?? {};
    expect(annotations).toMatchObject({ "metallb.universe.tf/address-pool": "esddns-pool" });
    expect(program.one("kubernetes:helm.sh/v3:Release").inputs).not.toHaveProperty("version");
  });
});

describe("an adopted MetalLB", () => {
  const running = { native: true, ignoresExcludeLabel: false };
  const seen = (version: string | undefined) => ({
    reached: true as const,
    facts: {
      nodes: [],
      serviceCidrs: [],
      pools: [],
      metallb: { ...running, version },
      definitions: undefined,
      unread: [],
    },
  });
  const adopt = { ...CONFIG, shared: "adopt", push: { enabled: true, address: "192.168.1.100" } };
  const service = (program: ProgramRun, name: string) =>
    program.one("kubernetes:core/v1:Service", name).inputs.metadata?.annotations;

  it("older than 0.14.9 is asked by the annotations that it reads, and is named in the outputs", async () => {
    const program = await runProgram(adopt, { cluster: seen("0.14.5") });
    const asked = {
      "metallb.universe.tf/loadBalancerIPs": "192.168.1.100",
      "metallb.universe.tf/allow-shared-ip": "esddns",
    };
    const pool = { "metallb.universe.tf/address-pool": "esddns-pool" };
    expect(service(program, "page-service")).toMatchObject({ ...asked, ...pool });
    expect(service(program, "page-push")).toMatchObject(asked);
    expect(JSON.stringify(service(program, "page-service"))).not.toContain("metallb.io/");
    expect(program.outputs.metallb).toEqual({ version: "0.14.5", namespace: "metallb-system" });
  });

  it("is what the config says where the cluster does not answer: previews in pull requests show no difference", async () => {
    const silent = { reached: false as const, why: "connection refused" };
    const checks = { whenUnreachable: "Warn" };
    const older = { ...adopt, checks, metallb: { version: "0.14.5" } };
    const program = await runProgram(older, { cluster: silent });
    expect(service(program, "page-service")).toHaveProperty(["metallb.universe.tf/address-pool"]);
    const recent = await runProgram({ ...adopt, checks }, { cluster: silent });
    expect(service(recent, "page-service")).toHaveProperty(["metallb.io/address-pool"]);
  });

  it("that is not there stops the program before anything is made", async () => {
    const cluster = { ...seen(undefined), facts: { ...seen(undefined).facts, metallb: undefined } };
    await expect(runProgram(adopt, { cluster })).rejects.toThrow("there is no MetalLB in the namespace metallb-system");
    // Live reads are for the outputs. Only `checks` says that nobody looks.
    await expect(runProgram({ ...adopt, observeLive: false }, { cluster })).rejects.toThrow("there is no MetalLB");
    const off = { ...adopt, checks: { whenUnreachable: "Off" } };
    await expect(runProgram(off, { cluster })).resolves.toBeDefined();
  });
});
