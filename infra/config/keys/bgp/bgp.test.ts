import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseStackConfig, type StackConfig } from "../../parse.ts";
import { formatProblem } from "../../validation/problem.ts";

const peer = { name: "router-peer", myASN: 64500, peerASN: 64501, peerAddress: "192.168.1.1" };
const advertisement = { name: "esddns-bgp", pools: ["esddns-pool"] };
const FRR = { metallb: { values: { frrk8s: { enabled: true } } } };

function parse(bgp: unknown, overrides: Record<string, unknown> = {}, encrypted = true) {
  const raw = {
    pools: [{ name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.110"] }],
    image: { reference: `x@sha256:${"a".repeat(64)}` },
    bgp,
    ...overrides,
  };
  return parseStackConfig(raw, { stack: "production", secretKeys: new Set(encrypted ? ["bgp"] : []) });
}

function problems(bgp: unknown, overrides?: Record<string, unknown>, encrypted?: boolean): string[] {
  const parsed = parse(bgp, overrides, encrypted);
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

const withPeer = (over: object) => ({ peers: [{ ...peer, ...over }], advertisements: [advertisement] });
const withAdvertisement = (over: object) => ({ peers: [peer], advertisements: [{ ...advertisement, ...over }] });

describe("BGP", () => {
  it("as in the guide is accepted, and layer 2 stays on next to it", () => {
    const parsed = parse(withPeer({}));
    expect(parsed).toMatchObject({ ok: true, config: { l2: [{ pools: ["esddns-pool"] }] } });
  });

  it("alone announces a pool, where layer 2 is switched off", () => {
    const parsed = parse(withPeer({}), { l2: [] });
    expect(parsed).toMatchObject({ ok: true, config: { l2: [], bgp: { advertisements: [{ name: "esddns-bgp" }] } } });
  });

  it("takes every AS number of 32 bits and no other", () => {
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 2 ** 32 + 5 }), (asn) => {
        const right = asn >= 1 && asn <= 4_294_967_295;
        expect(problems(withPeer({ peerASN: asn })).length).toBe(right ? 0 : 1);
      }),
    );
    expect(problems(withPeer({ peerASN: 0 }))[0]).toContain("esddns:bgp.peers[0].peerASN: 0 is too small");
    expect(problems(withPeer({ myASN: 4_294_967_296 }))[0]).toContain("64512 to 65534 are for private use");
  });

  it.each([
    [{ peerAddress: "router.lan" }, "peerAddress", "is not an IP address"],
    [{ peerAddress: "192.168.1.100" }, "peerAddress", 'is one of the addresses of the pool "esddns-pool"'],
    [{ sourceAddress: "fd00::1" }, "sourceAddress", "of another family"],
    [{ holdTime: "1m30" }, "holdTime", "is not a time"],
    [{ holdTime: "2s" }, "holdTime", "0s or 3s and more"],
    [{ holdTime: "19h" }, "holdTime", "65535"],
    [{ ebgpMultiHop: true, peerASN: 64500 }, "ebgpMultiHop", "iBGP"],
    [{ keepaliveTime: "30s" }, "keepaliveTime", "a third of holdTime"],
    [{ bfd: {} }, "bfd", "native BGP has no BFD"],
    [{ password: "a", generatePassword: true }, "generatePassword", "is set beside password"],
    [{ passwordSecret: "s", password: "a" }, "passwordSecret", "is set beside password"],
    [{ password: "two words" }, "password", "is not one word"],
    [
      { nodeSelectors: [{ matchLabels: { zone: "a" }, matchLabel: {} }] },
      "nodeSelectors[0].matchLabel",
      "Did you mean",
    ],
    [
      { nodeSelectors: [{ matchExpressions: [{ key: "zone", operator: "In" }] }] },
      "nodeSelectors[0].matchExpressions[0].values",
      "is missing. List the values",
    ],
    [{ nodeSelectors: [{ zone: "a" }] }, "nodeSelectors[0].zone", "matchLabels, matchExpressions"],
  ])("refuses a peer with %j", (over, key, wrong) => {
    const found = problems(withPeer(over));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`esddns:bgp.peers[0].${key}: `);
    expect(found[0]).toContain(wrong);
  });

  it.each([
    [{ pools: ["esddns-pol"] }, "pools[0]", 'Did you mean "esddns-pool"?'],
    [{ pools: [] }, "pools", "is empty"],
    [{ peers: ["router"] }, "peers[0]", "is no peer of esddns:bgp"],
    [{ aggregationLength: 24 }, "aggregationLength", "Take 30 at least"],
    [{ aggregationLength: 33 }, "aggregationLength", "the most is 32"],
    [{ communities: ["65536:1"] }, "communities[0]", "above 65535"],
    [{ communities: ["a b"] }, "communities[0]", "is not a BGP community"],
    [{ communities: ["large:1:2:3"] }, "communities[0]", "large community"],
    [{ localPref: 100 }, "localPref", "iBGP"],
  ])("refuses an advertisement with %j", (over, key, wrong) => {
    const found = problems(withAdvertisement(over));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`esddns:bgp.advertisements[0].${key}: `);
    expect(found[0]).toContain(wrong);
  });

  it("refuses routes of IPv6 in native mode, and takes them with FRR", () => {
    const pools = [{ name: "esddns-pool", addresses: ["fd00:1::/120"] }];
    expect(problems(withPeer({}), { pools })).toEqual([expect.stringContaining("cannot announce")]);
    expect(problems(withPeer({}), { pools, ...FRR })).toEqual([]);
  });

  it("has BFD, keepalive and large communities with FRR", () => {
    const bgp = {
      peers: [{ ...peer, bfd: { receiveInterval: 100 }, keepaliveTime: "10s", holdTime: "30s" }],
      advertisements: [{ ...advertisement, communities: ["large:64500:1:2"] }],
    };
    expect(problems(bgp, FRR)).toEqual([]);
    const external = { frrk8s: { external: true, namespace: "frr-k8s-system" } };
    expect(problems(bgp, { metallb: { values: external } })).toEqual([]);
    expect(problems({ ...bgp, peers: [{ ...peer, keepaliveTime: "40s", holdTime: "30s" }] }, FRR)).toEqual([
      expect.stringContaining("longer than holdTime"),
    ]);
  });

  it("with FRR wants one AS number of the cluster, which native mode does not", () => {
    const peers = [peer, { ...peer, name: "second", peerAddress: "192.168.1.2", myASN: 64502 }];
    expect(problems({ peers, advertisements: [advertisement] })).toEqual([]);
    expect(problems({ peers, advertisements: [advertisement] }, FRR, false)).toEqual([
      expect.stringMatching(/^esddns:bgp\.peers\[1\]\.myASN: 64502 .*Write 64500/),
    ]);
  });

  it("lets the nodes of two peers tell them apart, but not with FRR before 0.16", () => {
    const on = (zone: string) => ({ nodeSelectors: [{ matchLabels: { zone } }] });
    const peers = [
      { ...peer, ...on("a") },
      { ...peer, name: "second", ...on("b") },
    ];
    const bgp = { peers, advertisements: [advertisement] };
    expect(problems(bgp)).toEqual([]);
    expect(problems(bgp, { metallb: { ...FRR.metallb, version: "0.16.2" } })).toEqual([]);
    expect(problems(bgp, FRR)).toEqual([
      expect.stringMatching(/^esddns:bgp\.peers\[1\]\.peerAddress: .*take MetalLB 0\.16 and give both nodeSelectors/),
    ]);
  });

  it("wants names only once, a peer to tell and something to tell it", () => {
    expect(problems({ peers: [peer, peer], advertisements: [advertisement] })).toEqual([
      expect.stringContaining('esddns:bgp.peers[1].name: "router-peer" is the name of esddns:bgp.peers[0] already'),
    ]);
    expect(problems({ peers: [peer] })).toEqual([expect.stringContaining("would learn no route")]);
    expect(problems({ advertisements: [advertisement] })).toEqual([expect.stringContaining("there is no peer")]);
    // The peers of the stack that installed MetalLB are told, too.
    expect(problems({ advertisements: [advertisement] }, { shared: "adopt" })).toEqual([]);
  });

  it("never takes, nor quotes, a password in plain text", () => {
    const found = problems(withPeer({ password: "hunter2" }), {}, false);
    expect(found).toEqual([expect.stringContaining("pulumi config set --secret --path 'bgp.peers[0].password'")]);
    expect(found.join()).not.toContain("hunter2");
    expect(problems(withPeer({ password: "hunter 2" })).join()).not.toContain("hunter 2");
    expect(problems(withPeer({ password: 4711 })).join()).not.toContain("4711");
  });
});

describe("pools", () => {
  const poolOf = (over: object): StackConfig["pools"][number] => {
    const open = { name: "open", addresses: ["10.0.0.1"] };
    const pools = [{ name: "esddns-pool", addresses: ["192.168.1.0/24", "fd00::/120"], ...over }, open];
    const parsed = parse(undefined, { pools });
    if (!parsed.ok || !parsed.config.pools[0]) throw new Error("refused");
    return parsed.config.pools[0];
  };

  it("are counted, both families together", () => {
    expect(poolOf({}).capacity).toBe(512n);
    expect(poolOf({ avoidBuggyIPs: true }).capacity).toBe(510n);
    expect(poolOf({ addresses: ["fd00::/64"] }).capacity).toBe(1n << 64n);
  });

  it("can be kept for Services and namespaces, by label, in an order", () => {
    const kept = {
      serviceSelectors: [{ matchLabels: { tier: "web" } }],
      namespaceSelectors: [{ matchExpressions: [{ key: "team", operator: "Exists" }] }],
      priority: 50,
    };
    expect(poolOf(kept)).toMatchObject(kept);
  });

  it("say where an order has no effect, and where the page is not among those that may use it", () => {
    const pools = (over: object) => ({ pools: [{ name: "esddns-pool", addresses: ["192.168.1.100"], ...over }] });
    expect(problems(undefined, pools({ priority: 5 }))).toEqual([
      expect.stringMatching(/^esddns:pools\[0\]\.priority: .*serviceSelectors/),
    ]);
    const service = { pool: "esddns-pool" };
    const web = [{ matchLabels: { tier: "web" } }];
    expect(problems(undefined, { ...pools({ serviceSelectors: web }), service })).toEqual([
      expect.stringMatching(/^esddns:service\.pool: .*app: esddns-service/),
    ]);
    const page = [{ matchLabels: { app: "esddns-service" } }];
    expect(problems(undefined, { ...pools({ serviceSelectors: page }), service })).toEqual([]);
  });
});
