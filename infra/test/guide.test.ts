/** The manifests of the MetalLB guide that people come from: each has a stack config that makes the same objects. */
import { describe, expect, it } from "vitest";
import { CONFIG, runProgram } from "./testing.ts";

const POOL = "kubernetes:metallb.io/v1beta1:IPAddressPool";
const L2 = "kubernetes:metallb.io/v1beta1:L2Advertisement";
const PEER = "kubernetes:metallb.io/v1beta2:BGPPeer";
const BGP = "kubernetes:metallb.io/v1beta1:BGPAdvertisement";
const SERVICE = "kubernetes:core/v1:Service";

/** Each of them has pools of its own. */
const REST = { ...CONFIG, service: {} };
const pool = { name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.110"] };

interface Manifest {
  readonly type: string;
  readonly name: string;
  readonly spec: object;
}

const cases: readonly (readonly [what: string, config: object, manifests: readonly Manifest[]])[] = [
  [
    "step 3 and 4, and layer 2",
    { pools: [pool], l2: [{ name: "esddns-l2-advertisement", pools: ["esddns-pool"] }] },
    [
      { type: POOL, name: "esddns-pool", spec: { addresses: pool.addresses, autoAssign: true } },
      { type: L2, name: "esddns-l2-advertisement", spec: { ipAddressPools: ["esddns-pool"] } },
    ],
  ],
  [
    "BGP",
    {
      pools: [pool],
      bgp: {
        peers: [{ name: "router-peer", myASN: 64500, peerASN: 64501, peerAddress: "192.168.1.1" }],
        advertisements: [{ name: "esddns-bgp", pools: ["esddns-pool"] }],
      },
    },
    [
      { type: PEER, name: "router-peer", spec: { myASN: 64500, peerASN: 64501, peerAddress: "192.168.1.1" } },
      { type: BGP, name: "esddns-bgp", spec: { ipAddressPools: ["esddns-pool"] } },
    ],
  ],
  [
    "a pool of another name, without .0 and .255",
    { pools: [{ ...pool, name: "my-custom-pool", autoAssign: true, avoidBuggyIPs: true }] },
    [
      {
        type: POOL,
        name: "my-custom-pool",
        spec: { addresses: pool.addresses, autoAssign: true, avoidBuggyIPs: true },
      },
    ],
  ],
  [
    "several pools",
    {
      pools: [
        { ...pool, name: "production-pool" },
        { name: "development-pool", addresses: ["192.168.1.200-192.168.1.210"] },
      ],
    },
    [
      { type: POOL, name: "production-pool", spec: { addresses: pool.addresses } },
      { type: POOL, name: "development-pool", spec: { addresses: ["192.168.1.200-192.168.1.210"] } },
    ],
  ],
  ...(
    [
      ["192.168.1.100/32", "192.168.1.100/32"],
      ["192.168.1.100-192.168.1.110", "192.168.1.100-192.168.1.110"],
      ["192.168.1.0/28", "192.168.1.0/28"],
      // The network that it is in: MetalLB would take the same sixteen addresses.
      ["10.0.0.100/28", "10.0.0.96/28"],
    ] as const
  ).map(
    ([written, sent]) =>
      [
        `the range ${written}`,
        { pools: [{ name: "esddns-pool", addresses: [written] }] },
        [{ type: POOL, name: "esddns-pool", spec: { addresses: [sent] } }],
      ] as const,
  ),
];

describe("the guide's manifests", () => {
  it.each(cases)("%s", async (_what, config, manifests) => {
    const program = await runProgram({ ...REST, ...config });
    for (const { type, name, spec } of manifests) {
      const made = program.one(type, `metallb-${name}`).inputs;
      expect(made.metadata).toMatchObject({ name, namespace: "metallb-system" });
      expect(made.spec).toMatchObject(spec);
    }
    const names = (kind: string) => program.resources.filter(({ type, readId }) => type === kind && !readId).length;
    const wanted = (kind: string) => manifests.filter(({ type }) => type === kind).length;
    if (wanted(POOL) > 0) expect(names(POOL)).toBe(wanted(POOL));
  });

  it("a Service's pool and address, by the annotations of this MetalLB", async () => {
    const pools = [{ ...pool, name: "production-pool" }];
    const service = { pool: "production-pool", address: "192.168.1.100" };
    const { metadata, spec } = (await runProgram({ ...REST, pools, service })).one(SERVICE, "page-service").inputs;
    expect(metadata).toMatchObject({
      name: "esddns-service",
      annotations: { "metallb.io/address-pool": "production-pool", "metallb.io/loadBalancerIPs": "192.168.1.100" },
    });
    expect(spec).toMatchObject({ type: "LoadBalancer", ports: [{ port: 80 }] });
  });

  it("the lists, limits and retries of STUN", async () => {
    const lists = "https://raw.githubusercontent.com/pradt2/always-online-stun/master";
    const stun = {
      udpHostListUrl: `${lists}/valid_hosts.txt`,
      tcpHostListUrl: `${lists}/valid_hosts_tcp.txt`,
      udpLimit: 10,
      tcpLimit: 10,
      retryAttempts: 3,
      retryCooldownSeconds: 5,
    };
    const program = await runProgram({ ...CONFIG, detection: { stun } });
    expect(program.one("kubernetes:esddns.io/v1alpha1:WanAddress").inputs.spec).toMatchObject({ stun });
  });

  it("the names that its commands rely on", async () => {
    const program = await runProgram(CONFIG);
    const app = (type: string, name: string) => {
      const { metadata, spec } = program.one(type, name).inputs;
      return [metadata?.namespace, metadata?.name, (spec as { selector: unknown }).selector];
    };
    const labels = (name: string) => ({ matchLabels: { app: name } });
    expect(app("kubernetes:apps/v1:DaemonSet", "operator-daemon")).toEqual([
      ...["esddns-production", "esddns-operator-daemon"],
      labels("esddns-operator"),
    ]);
    expect(app("kubernetes:apps/v1:Deployment", "page-deployment")).toEqual([
      ...["esddns-production", "esddns-service"],
      labels("esddns-service"),
    ]);
    const values = program.one("kubernetes:helm.sh/v3:Release").inputs["values"];
    expect(values).toMatchObject({
      controller: { labels: { app: "metallb", component: "controller" } },
      speaker: { labels: { app: "metallb", component: "speaker" } },
    });
  });
});
