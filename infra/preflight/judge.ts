/** What the config and the cluster make of each other. Pure. */
import { overlap, parseAddress, parseNetwork, parseRange, type AddressRange } from "../config/addresses.ts";
import { nativeBgpProblems } from "../config/bgp.ts";
import { monitoringKinds } from "../config/monitoring.ts";
import { placePool, type PlacedPool } from "../config/pools.ts";
import type { StackConfig } from "../config/parse.ts";
import { formatPath, quote, type KeyPath, type Problem } from "../config/problem.ts";
import { foreignArchitecture } from "./architecture.ts";
import { definitionProblems } from "./definitions.ts";
import type { ClusterFacts, RunningMetalLB } from "./facts.ts";
import { announcements, noRoomForPods } from "./nodes.ts";
import { givenUpMetalLB, movedMetalLB } from "./ownMetalLB.ts";

export type Judged = Pick<
  StackConfig,
  | "namespace"
  | "shared"
  | "metallb"
  | "pools"
  | "l2"
  | "bgp"
  | "service"
  | "records"
  | "dryRun"
  | "detection"
  | "monitoring"
  | "image"
  | "operator"
>;

interface Judgement {
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  /** What is worth knowing and may well be meant. */
  readonly notes: readonly string[];
}

export function judge(config: Judged, facts: ClusterFacts): Judgement {
  const pools = config.pools.map((pool, index) => placePool(index, pool));
  const adopted = config.shared === "adopt" ? adoptionProblems(config, facts, pools) : { problems: [], warnings: [] };
  const announcing = announcements(config, facts);
  const unread =
    facts.unread.length === 0 ? [] : [`This user of the cluster may not read ${facts.unread.join(", ")}: unchecked.`];
  return {
    problems: [
      ...adopted.problems,
      ...movedMetalLB(config, facts.owned ?? []),
      ...pools.flatMap((pool) => [...takenAddresses(pool, facts), ...foreignPools(pool, config, facts)]),
      ...announcing.problems,
      ...noRoomForPods(config, facts),
      ...foreignArchitecture(config, facts),
      ...monitoringProblems(config, facts),
    ],
    warnings: [
      ...givenUpMetalLB(config, facts.owned ?? []),
      ...adopted.warnings,
      ...announcing.warnings,
      ...ownPeers(config, facts),
      ...unread,
    ],
    notes: announcing.notes,
  };
}

function adoptionProblems(config: Judged, facts: ClusterFacts, pools: readonly PlacedPool[]) {
  const { metallb } = facts;
  const where = config.metallb.namespace;
  const lookedFor = !facts.unread.includes("MetalLB's controller");
  if (metallb === undefined) {
    const wrong = `there is no MetalLB in the namespace ${where} to adopt`;
    const right = "Name the right one in esddns:metallb.namespace, or write own: then this stack installs MetalLB.";
    return { problems: lookedFor ? [{ path: ["shared"], wrong, right }] : [], warnings: [] };
  }
  const version =
    metallb.version === undefined
      ? [`The version of the MetalLB in ${where} cannot be told from its image; it is taken for 0.14.9 or newer.`]
      : [];
  return {
    problems: [
      ...(facts.definitions ? definitionProblems(config, facts.definitions, metallb.version) : []),
      ...(metallb.native ? nativeBgpProblems(config.bgp, pools) : []),
      ...otherClass(config.service, metallb),
    ],
    warnings: version,
  };
}

/** MetalLB passes over Services of another class than its own without a word. */
function otherClass({ loadBalancerClass }: Judged["service"], running: RunningMetalLB): Problem[] {
  const taken = running.loadBalancerClass;
  if (loadBalancerClass === taken) return [];
  const path = ["service", "loadBalancerClass"];
  if (taken === undefined) {
    const wrong = `${quote(loadBalancerClass)} is no class of the MetalLB there, which takes Services without one`;
    return [{ path, wrong, right: "Leave it out." }];
  }
  const wrong = `is not ${quote(taken)}, and the MetalLB there takes Services of that class only`;
  return [{ path, wrong, right: `Write ${taken}.` }];
}

/** Meant where a node runs a router beside MetalLB, and else a slip. */
function ownPeers({ bgp }: Judged, { nodes = [] }: ClusterFacts): string[] {
  return bgp.peers.flatMap(({ peerAddress }, i) => {
    const address = parseAddress(peerAddress)?.canonical;
    const node = nodes.find(({ addresses }) => addresses.some((own) => parseAddress(own)?.canonical === address));
    if (node === undefined) return [];
    const where = formatPath(["bgp", "peers", i, "peerAddress"]);
    return [`${where}: ${peerAddress} is the node ${node.name} itself: right only where a router runs on it.`];
  });
}

function monitoringProblems({ monitoring }: Judged, { monitoringKinds: known }: ClusterFacts): Problem[] {
  if (known === undefined) return [];
  return monitoringKinds(monitoring)
    .filter((kind) => !known.has(kind))
    .map((kind) => ({
      path: ["monitoring", kind === monitoring.monitor ? "monitor" : "rules"],
      wrong: `the cluster knows no ${kind} (monitoring.coreos.com/v1)`,
      right: "Install a Prometheus operator first, or leave it out: scrape annotations need none.",
    }));
}

/** Addresses that something of the cluster has already: two would answer for them. */
function takenAddresses({ index, ranges }: PlacedPool, facts: ClusterFacts): Problem[] {
  const taken = (facts.nodes ?? []).flatMap(({ name, addresses, podCidrs }) => [
    ...addresses.map((address) => ({ range: parseAddress(address), what: `the address of the node ${name}` })),
    ...podCidrs.map((cidr) => ({ range: networkOf(cidr), what: `for the pods of the node ${name} (${cidr})` })),
  ]);
  const services = facts.serviceCidrs.map((cidr) => ({
    range: networkOf(cidr),
    what: `for the cluster's own Service addresses (${cidr})`,
  }));
  return ranges.flatMap((range, i) => {
    const found = [...taken, ...services].flatMap(({ range: other, what }) => {
      const common = other && overlap(range, other);
      return common === undefined ? [] : [{ common, what }];
    });
    const [first, ...more] = found;
    if (first === undefined) return [];
    const others = more.length === 0 ? "" : `, and ${more.length} more like it`;
    const wrong = `${quote(range.canonical)} takes in ${first.common}, ${first.what}${others}`;
    const right = "Take addresses that are free: no node's, no other device's, and not of what DHCP hands out.";
    return [{ path: ["pools", index, "addresses", i], wrong, right }];
  });
}

/** MetalLB's webhook refuses what overlaps, and one pool cannot have two stacks. */
function foreignPools({ index, pool, ranges }: PlacedPool, config: Judged, facts: ClusterFacts): Problem[] {
  const mine = new Set(config.pools.map(({ name }) => name));
  const named = facts.pools.find(({ name, owner }) => name === pool.name && isOther(owner, config.namespace));
  const sameName = named && {
    path: ["pools", index, "name"],
    wrong: `${quote(pool.name)} is a pool of the stack with the namespace ${named.owner ?? ""} already`,
    right: "Pools have one namespace for all stacks, MetalLB's: take another name.",
  };
  const overlapping = facts.pools
    .filter((other) => other !== named && !(mine.has(other.name) && !isOther(other.owner, config.namespace)))
    .flatMap((other) =>
      ranges.flatMap((range, i) => {
        const common = other.addresses.flatMap((text) => {
          const theirs = parseRange(text);
          return theirs.ok ? (overlap(range, theirs.range) ?? []) : [];
        })[0];
        if (common === undefined) return [];
        const own = other.owner === config.namespace;
        const wrong = `${common} is in the pool ${quote(other.name)} of the cluster already`;
        const right = own
          ? `That is this stack's own, of another name: take it out of the config in one up, and put this one in in the next.`
          : "MetalLB takes no address twice: take others, or take it out of that pool first.";
        return [{ path: ["pools", index, "addresses", i] as KeyPath, wrong, right }];
      }),
    );
  return [...(sameName ? [sameName] : []), ...overlapping];
}

function isOther(owner: string | undefined, own: string): boolean {
  return owner !== undefined && owner !== own;
}

function networkOf(cidr: string): AddressRange | undefined {
  const parsed = parseNetwork(cidr);
  return parsed.ok ? parsed.range : undefined;
}
