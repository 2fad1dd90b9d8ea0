import { crds } from "@esddns/common/api";
import { describe, expect, it } from "vitest";
import type { CheckName } from "../config/keys/checks.ts";
import { parseStackConfig, type StackConfig } from "../config/parse.ts";
import { formatProblem } from "../config/validation/problem.ts";
import { evaluate as evaluateFor } from "./checks.ts";
import type { ClusterFacts, NodeFact } from "./facts.ts";
import { fieldsOf } from "./readDefinitions.ts";

const evaluate = (...[config, facts, skip]: [Evaluated[0], Evaluated[1], Evaluated[3]?]) =>
  evaluateFor(config, facts, { stackId: "esddns/production", takeOver: false }, skip);
type Evaluated = Parameters<typeof evaluateFor>;

const LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";

function config(over: Record<string, unknown> = {}): StackConfig {
  const raw = {
    pools: [{ name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.110"] }],
    image: { reference: `x@sha256:${"a".repeat(64)}` },
    ...over,
  };
  const parsed = parseStackConfig(raw, { stack: "production", secretKeys: new Set() });
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join("\n"));
  return parsed.config;
}

const node = (name: string, over: Partial<NodeFact> = {}): NodeFact => ({
  name,
  labels: {},
  addresses: ["192.168.1.10", "fd00::10"],
  podCidrs: ["10.244.0.0/24"],
  taints: [],
  ...over,
});

const METALLB = { version: "0.15.3", native: true, ignoresExcludeLabel: false };
const facts = (over: Partial<ClusterFacts> = {}): ClusterFacts => ({
  nodes: [node("node1")],
  serviceCidrs: ["10.96.0.0/16"],
  pools: [],
  metallb: METALLB,
  definitions: undefined,
  unread: [],
  ...over,
});

const PEER = { myASN: 64500, peerASN: 64501, peerAddress: "192.168.1.1" };

const problems = (over: Record<string, unknown>, seen: Partial<ClusterFacts> = {}): string[] =>
  evaluate(config(over), facts(seen)).problems.map(formatProblem);

describe("a pool", () => {
  it("of free addresses is nothing to speak of", () => {
    expect(evaluate(config(), facts())).toEqual({ problems: [], warnings: [], notes: [] });
  });

  it.each([
    ["192.168.1.0/24", "192.168.1.10, the address of the node node1"],
    ["fd00::/120", "fd00::10, the address of the node node1"],
    ["10.244.0.200-10.244.1.10", "10.244.0.200-10.244.0.255, for the pods of the node node1"],
    ["10.96.255.0/24", "10.96.255.0-10.96.255.255, for the cluster's own Service addresses (10.96.0.0/16)"],
  ])("%s is refused for what it takes from the cluster", (range, wrong) => {
    const found = problems({ pools: [{ name: "p", addresses: ["192.168.5.1", range] }] });
    expect(found).toEqual([expect.stringContaining(`esddns:pools[0].addresses[1]: `)]);
    expect(found[0]).toContain(wrong);
  });

  it("is not that of another stack, nor of its addresses", () => {
    const pools = [{ name: "esddns-pool", addresses: ["192.168.1.110-192.168.1.120"], owner: "esddns-development" }];
    expect(problems({}, { pools })).toEqual([
      expect.stringMatching(
        /^esddns:pools\[0\]\.name: .*exists already, .*namespace esddns-development\..*another name/,
      ),
    ]);
    expect(problems({}, { pools: [{ ...pools[0], name: "dev" }] as ClusterFacts["pools"] })).toEqual([
      expect.stringMatching(/^esddns:pools\[0\]\.addresses\[0\]: 192\.168\.1\.110 is in the pool "dev"/),
    ]);
  });

  it("that is there already is this stack's own, or taken over", () => {
    const addresses = ["192.168.1.100-192.168.1.120"];
    for (const owner of ["esddns-production", undefined])
      expect(problems({}, { pools: [{ name: "esddns-pool", addresses, owner }] })).toEqual([]);
  });

  it.each([
    ["L2Advertisement", "lan", "esddns:l2[0].name"],
    ["BGPPeer", "router", "esddns:bgp.peers[0].name"],
    ["BFDProfile", "router", "esddns:bgp.peers[0].name"],
    ["Secret", "router-password", "esddns:bgp.peers[0].name"],
    ["BGPAdvertisement", "wide", "esddns:bgp.advertisements[0].name"],
  ] as const)("is announced without taking another stack's %s", (kind, name, key) => {
    const over = {
      metallb: { values: { frrk8s: { enabled: true } } },
      l2: [{ name: "lan", pools: ["esddns-pool"] }],
      bgp: {
        peers: [{ ...PEER, name: "router", bfd: {}, generatePassword: true }],
        advertisements: [{ name: "wide", pools: ["esddns-pool"] }],
      },
    };
    const object = (owner: string | undefined) => ({ objects: [{ kind, name, owner }] });
    expect(problems(over, object("esddns-development"))).toEqual([
      `${key}: the ${kind} "${name}" exists already, and belongs to the stack with the namespace esddns-development. ` +
        "MetalLB's objects have one namespace for all stacks: take another name.",
    ]);
    // Left by this stack, or by one of a version that wrote no name.
    for (const owner of ["esddns-production", undefined]) expect(problems(over, object(owner))).toEqual([]);
  });
});

describe("addresses of one pool of the stack that another is to have", () => {
  const own = (name: string, ...addresses: string[]) => ({ name, addresses, owner: "esddns-production" });
  const pools = (...written: readonly (readonly [name: string, ...addresses: string[]])[]) => ({
    pools: written.map(([name, ...addresses]) => ({ name, addresses })),
  });

  it("leave the one before they come to the other, and it is said with which values", () => {
    const live = { pools: [own("a", "192.168.1.100-192.168.1.105"), own("b", "192.168.1.106-192.168.1.110")] };
    const moved = pools(["a", "192.168.1.100-192.168.1.107"], ["b", "192.168.1.108-192.168.1.110"]);
    expect(problems(moved, live)).toEqual([
      'esddns:pools[0].addresses[0]: 192.168.1.106-192.168.1.107 is in the pool "b" of the cluster already. ' +
        'MetalLB takes no address twice. In one up, write [192.168.1.100-192.168.1.105] for "a" and ' +
        'write [192.168.1.108-192.168.1.110] for "b"; in the next, as now.',
    ]);
    const between = pools(["a", "192.168.1.100-192.168.1.105"], ["b", "192.168.1.108-192.168.1.110"]);
    expect(problems(between, live)).toEqual([]);
    expect(problems(moved, { pools: between.pools.map(({ name, addresses }) => own(name, ...addresses)) })).toEqual([]);
  });

  it("come to a new pool likewise", () => {
    const live = { pools: [own("a", "192.168.1.100-192.168.1.110")] };
    const split = pools(["a", "192.168.1.100-192.168.1.104"], ["b", "192.168.1.105-192.168.1.110"]);
    expect(problems(split, live)).toEqual([
      expect.stringContaining(
        'In one up, leave "b" out and write [192.168.1.100-192.168.1.104] for "a"; in the next, as now.',
      ),
    ]);
  });

  it("need a third place where two pools are to change theirs", () => {
    const live = { pools: [own("a", "192.168.1.100"), own("b", "192.168.1.101")] };
    const found = problems(pools(["a", "192.168.1.101"], ["b", "192.168.1.100"]), live);
    expect(found).toHaveLength(2);
    expect(found[0]).toContain('write [192.168.1.100] for "a" and write a free address that is in no pool for "b"');
  });

  it("are still those of a pool that goes, which does so last", () => {
    const live = { pools: [own("old", "192.168.1.100-192.168.1.105"), own("b", "192.168.1.110")] };
    expect(problems(pools(["new", "192.168.1.100"], ["b", "192.168.1.110"]), live)).toEqual([
      expect.stringContaining('"old" is this stack\'s own, and goes last. In one up, leave "new" out; in the next'),
    ]);
    expect(problems(pools(["b", "192.168.1.105", "192.168.1.110"]), live)).toEqual([
      expect.stringContaining('In one up, write [192.168.1.110] for "b"; in the next, as now.'),
    ]);
  });

  it("stay with the only pool when it is renamed, until it has others", () => {
    const live = { pools: [own("old", "192.168.1.100-192.168.1.105")] };
    expect(problems(pools(["new", "192.168.1.100-192.168.1.104"]), live)).toEqual([
      expect.stringContaining(
        'Keep its name, or rename it in two steps: in one up, leave "new" out and write [192.168.1.105] for "old"; in',
      ),
    ]);
    const whole = pools(["new", "192.168.1.100-192.168.1.105"]);
    expect(problems(whole, live)).toEqual([
      expect.stringContaining('leave "new" out and write a free address that is in no pool for "old"; in the next'),
    ]);
    // The two steps, one after the other.
    expect(problems(pools(["old", "192.168.1.120"]), live)).toEqual([]);
    expect(problems(whole, { pools: [own("old", "192.168.1.120")] })).toEqual([]);
  });
});

describe("nodes with the exclude label", () => {
  const excluded = node("cp", { labels: { [LABEL]: "" } });

  it("are refused where no other is left to announce, with both ways out", () => {
    const [found = ""] = problems({}, { nodes: [excluded] });
    expect(found).toMatch(/^esddns:l2\[0\]: every node that it has \(cp\) carries the label/);
    expect(found).toContain(`kubectl label node cp ${LABEL}-`);
    expect(found).toContain("ignoreExcludeLB: true");
  });

  it("are only told of where others are left", () => {
    const { problems: found, notes } = evaluate(config(), facts({ nodes: [excluded, node("node1")] }));
    expect(found).toEqual([]);
    expect(notes).toEqual([expect.stringContaining(": cp.")]);
  });

  it("announce where the label is ignored", () => {
    const values = { speaker: { ignoreExcludeLB: true } };
    expect(evaluate(config({ metallb: { values } }), facts({ nodes: [excluded] }))).toMatchObject({
      problems: [],
      notes: [],
    });
    const adopted = { nodes: [excluded], metallb: { ...METALLB, ignoresExcludeLabel: true } };
    expect(problems({ shared: "adopt" }, adopted)).toEqual([]);
    expect(problems({ shared: "adopt" }, { nodes: [excluded] })[0]).toContain("--ignore-exclude-lb");
  });

  it("count where an advertisement is theirs alone, and so do selectors that take no node", () => {
    const on = (name: string) => ({ l2: [{ name: "lan", pools: ["esddns-pool"], nodeSelectors: selectors(name) }] });
    const selectors = (name: string) => [{ matchLabels: { name } }];
    const nodes = [node("a", { labels: { name: "a" } }), node("b", { labels: { name: "b", [LABEL]: "" } })];
    expect(problems(on("a"), { nodes })).toEqual([]);
    expect(problems(on("b"), { nodes })).toEqual([expect.stringContaining("every node that it has (b)")]);
    expect(problems(on("c"), { nodes })).toEqual([
      expect.stringMatching(/^esddns:l2\[0\]\.nodeSelectors: take none of the nodes a, b/),
    ]);
  });
});

describe("nodes with taints", () => {
  const TAINT = "node-role.kubernetes.io/control-plane";
  const tainted = node("cp", { taints: [TAINT] });

  it("are refused where no pod would find a place, with both ways out", () => {
    const [found = "", ...more] = problems({}, { nodes: [tainted] });
    expect(more).toEqual([]);
    expect(found).toMatch(
      /^esddns:operator\.tolerateControlPlane: no node takes a pod of MetalLB's controller,.* cp has/,
    );
    expect(found).toContain(`Write true, or take the taint off (kubectl taint node cp ${TAINT}-)`);
  });

  it("do where the taint is tolerated, or another node is left", () => {
    expect(problems({ operator: { tolerateControlPlane: true } }, { nodes: [tainted] })).toEqual([]);
    expect(problems({}, { nodes: [tainted, node("node1")] })).toEqual([]);
  });

  it("of another kind are not mended by that key", () => {
    const nodes = [node("a", { taints: ["gpu", TAINT] }), node("b", { taints: ["gpu"] })];
    const [found = ""] = problems({ operator: { tolerateControlPlane: true } }, { nodes });
    expect(found).toMatch(/^esddns:operator: no node takes .*a, b have the taint gpu\. Take it off/);
  });
});

describe("a node that is not Ready", () => {
  it("is named with its reason, and refuses nothing", () => {
    const nodes = [node("pi1"), node("pi3", { notReady: "Kubelet stopped posting node status." })];
    const { problems: refused, warnings } = evaluate(config(), facts({ nodes }));
    expect(refused).toEqual([]);
    expect(warnings).toEqual([
      "[dead-nodes] The node pi3 is not Ready: Kubelet stopped posting node status. An up does not wait for the operator's pod on it.",
    ]);
    expect(evaluate(config(), facts({ nodes }), ["dead-nodes"]).warnings).toEqual([]);
  });
});

describe("a BGP peer", () => {
  it("that is a node itself is spoken of", () => {
    const bgp = {
      peers: [{ name: "r", myASN: 1, peerASN: 2, peerAddress: "192.168.1.10" }],
      advertisements: [{ name: "b", pools: ["esddns-pool"] }],
    };
    expect(evaluate(config({ bgp }), facts()).warnings).toEqual([
      expect.stringMatching(
        /^\[bgp-peer-nodes\] esddns:bgp\.peers\[0\]\.peerAddress: 192\.168\.1\.10 is the node node1 itself/,
      ),
    ]);
  });
});

it("leaves out the checks that are named, and no other", () => {
  const over = { pools: [{ name: "p", addresses: ["192.168.1.0/24"] }] };
  const seen = facts({ nodes: [node("node1", { architecture: "arm64", taints: ["x"] })], apiServerPorts: [7443] });
  const names = (skip: readonly CheckName[]) => evaluate(config(over), seen, skip).problems.map(({ check }) => check);
  expect(names([])).toEqual(["pool-addresses", "taints"]);
  expect(names(["pool-addresses"])).toEqual(["taints"]);
  expect(evaluate(config(over), seen, ["taints"]).warnings).toEqual([expect.stringContaining("[api-server-port]")]);
  expect(evaluate(config(over), seen, ["api-server-port"]).warnings).toEqual([]);
});

describe("k3s' own load balancer", () => {
  const serviceLb = ["kube-system/svclb-traefik-1a2b"];
  const warned = (over: Record<string, unknown>, seen: Partial<ClusterFacts>) => evaluate(config(over), facts(seen));

  it("beside MetalLB is named, with the way out", () => {
    expect(warned({}, { serviceLb }).warnings).toEqual([
      expect.stringMatching(/^\[servicelb\] .*ServiceLB.*kube-system\/svclb-traefik-1a2b.*--disable=servicelb/),
    ]);
    expect(warned({}, { serviceLb }).warnings[0]).not.toContain("half a way out");
    expect(warned({}, { serviceLb: [] }).warnings).toEqual([]);
  });

  it("is not got rid of by a class of Services alone", () => {
    const classy = { service: { loadBalancerClass: "metallb" }, metallb: { values: { loadBalancerClass: "metallb" } } };
    expect(warned(classy, { serviceLb }).warnings).toEqual([expect.stringContaining("half a way out")]);
  });

  it("is spoken of before the first up on nodes of k3s, when it has made nothing yet", () => {
    const nodes = [node("node1", { k3s: true })];
    expect(warned({}, { nodes }).notes).toEqual([expect.stringContaining("--disable=servicelb")]);
    const namespace = { by: "stack", stackId: "esddns/production" } as const;
    expect(warned({}, { nodes, namespace }).notes).toEqual([]);
    expect(warned({}, {}).notes).toEqual([]);
  });
});

describe("the API server's port", () => {
  const warnings = (apiServerPorts: number[], over: Record<string, unknown> = {}) =>
    evaluate(config(over), facts({ apiServerPorts })).warnings;

  it("is nothing to speak of where it is a usual one, or is not known", () => {
    for (const ports of [[443], [6443], [8443], [16443], []]) expect(warnings(ports)).toEqual([]);
  });

  it("is spoken of where the pods would not be let to it, with the key", () => {
    expect(warnings([7443])).toEqual([
      expect.stringMatching(/^\[api-server-port\] esddns:operator\.apiServerPorts: .* port 7443, .* Write \[7443\]\.$/),
    ]);
    const operator = { apiServerPorts: [7000] };
    expect(warnings([7443], { operator })).toEqual([expect.stringContaining("Write [7000, 7443].")]);
    expect(warnings([7000], { operator })).toEqual([]);
  });
});

describe("an adopted MetalLB", () => {
  const own = new Map(crds.flatMap((crd) => [...fieldsOf(crd)]));
  const metallb = (fields: readonly string[]) =>
    new Map([
      ...own,
      ["ipaddresspools.metallb.io v1beta1", new Set(["addresses", "autoAssign", ...fields])],
      ["l2advertisements.metallb.io v1beta1", new Set(["ipAddressPools"])],
    ]);
  const adopt = { shared: "adopt" };

  it("must be there", () => {
    expect(problems(adopt, { metallb: undefined })).toEqual([
      expect.stringContaining("esddns:shared: there is no MetalLB in the namespace metallb-system to adopt"),
    ]);
    // The cluster could not be read.
    expect(problems(adopt, { metallb: undefined, unread: ["MetalLB's controller"] })).toEqual([]);
  });

  it("must know what the config asks for", () => {
    expect(problems(adopt, { definitions: metallb([]) })).toEqual([]);
    const pools = [{ name: "p", addresses: ["192.168.1.100"], namespaces: ["games"], avoidBuggyIPs: true }];
    expect(problems({ ...adopt, pools }, { definitions: metallb(["avoidBuggyIPs"]) })).toEqual([
      "esddns:pools[0]: the MetalLB there, 0.15.3, does not know serviceAllocation.namespaces of ipaddresspools.metallb.io. Update that MetalLB, or do without.",
    ]);
    const bgp = {
      peers: [{ name: "r", myASN: 1, peerASN: 2, peerAddress: "192.168.1.1" }],
      advertisements: [{ name: "b", pools: ["esddns-pool"] }],
    };
    expect(problems({ ...adopt, bgp }, { definitions: metallb([]) })).toEqual([
      expect.stringContaining("has no bgppeers.metallb.io of version v1beta2"),
      expect.stringContaining("has no bgpadvertisements.metallb.io of version v1beta1"),
    ]);
  });

  it("comes with definitions of this project's that are not older than the program", () => {
    const older = new Map(metallb([]));
    const records = "dnsrecords.esddns.io v1alpha1";
    older.set(records, new Set([...(own.get(records) ?? [])].filter((field) => field !== "driftLimit")));
    expect(problems(adopt, { definitions: older })).toEqual([
      "esddns:shared: the definition of dnsrecords.esddns.io in the cluster is older than this program: it lacks driftLimit. Update the stack that has esddns:shared own first.",
    ]);
    older.set(records, new Set([...(own.get(records) ?? [])].filter((field) => field !== "status.left.attempted")));
    expect(problems(adopt, { definitions: older })).toEqual([expect.stringContaining("lacks status.left.attempted")]);
    older.delete(records);
    expect(problems(adopt, { definitions: older })).toEqual([
      expect.stringContaining("there is no definition of dnsrecords.esddns.io"),
    ]);
  });

  it("in native mode has no BFD", () => {
    const bgp = {
      peers: [{ name: "r", myASN: 1, peerASN: 2, peerAddress: "192.168.1.1", bfd: {} }],
      advertisements: [{ name: "b", pools: ["esddns-pool"] }],
    };
    expect(problems({ ...adopt, bgp })).toEqual([expect.stringContaining("esddns:bgp.peers[0].bfd: ")]);
    expect(problems({ ...adopt, bgp }, { metallb: { ...METALLB, native: false } })).toEqual([]);
  });

  it("that takes one class of Services is asked by it", () => {
    const classy = { metallb: { ...METALLB, loadBalancerClass: "metallb" } };
    expect(problems(adopt, classy)).toEqual([
      'esddns:service.loadBalancerClass: is not "metallb", and the MetalLB there takes Services of that class only. Write metallb.',
    ]);
    expect(problems({ ...adopt, service: { loadBalancerClass: "metallb" } }, classy)).toEqual([]);
    expect(problems({ ...adopt, service: { loadBalancerClass: "other" } })).toEqual([
      expect.stringContaining('"other" is no class of the MetalLB there'),
    ]);
  });

  it("of a version that nobody can tell is spoken of", () => {
    expect(evaluate(config(adopt), facts({ metallb: { ...METALLB, version: undefined } })).warnings).toEqual([
      expect.stringContaining("cannot be told"),
    ]);
  });
});

describe("a stack with another namespace than before", () => {
  const addresses = ["192.168.1.100-192.168.1.110"];
  const elsewhere = "esddns-production";
  const objects = [{ kind: "L2Advertisement", name: "lan", owner: elsewhere }] as const;
  const pools = [{ name: "esddns-pool", addresses, owner: elsewhere }];
  const over = { namespace: "dns", l2: [{ name: "lan", pools: ["esddns-pool"] }] };

  it("is told that it is, and not to give its own objects other names", () => {
    expect(problems(over, { elsewhere, objects, pools })).toEqual([
      expect.stringMatching(/^esddns:namespace: "dns" is another namespace than "esddns-production".*npm run destroy/),
    ]);
  });

  it("is told of what others have all the same; one of the same name elsewhere that is in nobody's way is none", () => {
    const others = [{ name: "other", addresses: ["192.168.1.110"], owner: "somebody" }];
    expect(problems(over, { elsewhere, pools: [...pools, ...others] })).toEqual([
      expect.stringMatching(/^esddns:namespace: /),
      expect.stringMatching(/^esddns:pools\[0\]\.addresses\[0\]: 192\.168\.1\.110 is in the pool "other"/),
    ]);
    expect(
      problems(over, { elsewhere, pools: [{ name: "theirs", addresses: ["10.0.0.1"], owner: elsewhere }] }),
    ).toEqual([]);
  });
});

describe("a community by name", () => {
  const bgp = (name: string) => ({
    bgp: {
      peers: [{ ...PEER, name: "r" }],
      advertisements: [{ name: "b", pools: ["esddns-pool"], communities: [name, "1:2"] }],
    },
  });

  it.each([
    ["no-export", 'Write "65535:65281".'],
    ["NO_ADVERTISE", 'Write "65535:65282".'],
    ["vpn_only", "create the Community object first"],
  ])("is one that MetalLB knows: %s", (name, right) => {
    const found = problems(bgp(name), { communities: new Set(["vpn-only"]) });
    expect(found).toEqual([
      expect.stringContaining(
        `esddns:bgp.advertisements[0].communities[0]: no MetalLB Community object defines "${name}"`,
      ),
    ]);
    expect(found[0]).toContain(right);
    expect(problems(bgp(name), { communities: new Set([name]) })).toEqual([]);
    expect(problems(bgp(name))).toEqual([]);
  });
});

describe("a warning comes of what the cluster does not have yet", () => {
  const warnings = (over: Record<string, unknown>, seen: Partial<ClusterFacts>) =>
    evaluate(config(over), facts(seen)).warnings;
  const bgp = {
    peers: [{ ...PEER, name: "r", passwordSecret: "bgp" }],
    advertisements: [{ name: "b", pools: ["esddns-pool"] }],
  };

  it.each([
    ["none", new Map<string, string>(), ['"bgp" is no Secret in metallb-system']],
    ["one of another type", new Map([["bgp", "Opaque"]]), ['"bgp" is a Secret of type Opaque, and not']],
    ["the right one", new Map([["bgp", "kubernetes.io/basic-auth"]]), []],
    ["one that may not be read", undefined, []],
  ])("the Secret of a session's password: %s", (_what, passwordSecrets, told) => {
    expect(warnings({ bgp }, { passwordSecrets })).toEqual(
      told.map((each) => expect.stringContaining(`esddns:bgp.peers[0].passwordSecret: ${each}`) as string),
    );
  });

  it("a node that is named", () => {
    const detection = { multiWan: "PreferNodes", preferNodes: ["node1", "node-2"] };
    const records = [{ zone: "example.com", name: "nas", types: ["AAAA"], ipv6FromNode: "nod1" }];
    expect(warnings({ detection, records }, {})).toEqual([
      expect.stringMatching(
        /^\[node-names\] esddns:detection\.preferNodes\[1\]: there is no node "node-2"\. Did you mean "node1"\?/,
      ),
      expect.stringMatching(
        /^\[node-names\] esddns:records\[0\]\.ipv6FromNode: there is no node "nod1"\. Did you mean "node1"\?/,
      ),
    ]);
    expect(warnings({ detection, records }, { nodes: undefined })).toEqual([]);
  });
});

describe("a router that FRR is to speak to", () => {
  const bgp = {
    peers: [{ ...PEER, name: "new", peerAddress: "fd00::1" }],
    advertisements: [{ name: "b", pools: ["esddns-pool"] }],
  };
  const over = { bgp, metallb: { values: { frrk8s: { enabled: true } } } };
  const there = (name: string, owner: string | undefined, someNodes = false) => ({
    objects: [{ kind: "BGPPeer", name, owner, session: { peerAddress: "FD00:0::1", someNodes } }] as const,
  });

  it.each([
    [
      "this stack's own of another name",
      "esddns-production",
      "kubectl delete bgppeers.metallb.io old -n metallb-system",
    ],
    ["another stack's", "esddns-development", "Leave the peer out"],
    ["nobody's", undefined, "Leave the peer out"],
  ])("is not that of a peer that is there: %s", (_what, owner, right) => {
    expect(problems(over, there("old", owner))).toEqual([
      expect.stringMatching(/^esddns:bgp\.peers\[0\]\.peerAddress: fd00::1 is the router of the BGPPeer "old" already/),
    ]);
    expect(problems(over, there("old", owner))[0]).toContain(right);
    expect(problems({ bgp }, there("old", "esddns-production"))).toEqual([]);
  });

  it("may be that of the peer itself, and of one on other nodes", () => {
    expect(problems(over, there("new", "esddns-production"))).toEqual([]);
    const nodeSelectors = [{ matchLabels: { a: "b" } }];
    const onSome = { ...over, bgp: { ...bgp, peers: [{ ...bgp.peers[0], nodeSelectors }] } };
    const nodes = [node("node1", { labels: { a: "b" } })];
    expect(problems(onSome, { nodes, ...there("old", "esddns-production", true) })).toEqual([]);
    expect(problems(onSome, { nodes, ...there("old", "esddns-production") })).toHaveLength(1);
  });
});
