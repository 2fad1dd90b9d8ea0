/** What the config and the cluster make of each other. Pure. */
import { overlap, parseAddress, parseNetwork, parseRange, type AddressRange } from "../config/addresses.ts";
import { nativeBgpProblems } from "../config/bgp.ts";
import { monitoringKinds } from "../config/monitoring.ts";
import { placePool, type PlacedPool } from "../config/pools.ts";
import type { StackConfig } from "../config/parse.ts";
import { quote, type KeyPath, type Problem } from "../config/problem.ts";
import { selected, type LabelSelector } from "../config/selectors.ts";
import { definitionProblems } from "./definitions.ts";
import type { ClusterFacts, NodeFact } from "./facts.ts";
import { givenUpMetalLB, movedMetalLB } from "./ownMetalLB.ts";

type Judged = Pick<
  StackConfig,
  "namespace" | "shared" | "metallb" | "pools" | "l2" | "bgp" | "records" | "dryRun" | "detection" | "monitoring"
>;

interface Judgement {
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  /** What is worth knowing and may well be meant. */
  readonly notes: readonly string[];
}

const EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";

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
      ...monitoringProblems(config, facts),
    ],
    warnings: [...givenUpMetalLB(config, facts.owned ?? []), ...adopted.warnings, ...announcing.warnings, ...unread],
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
    ],
    warnings: version,
  };
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

/** Which nodes may announce at all: MetalLB says nothing of those that may not. */
function announcements(config: Judged, facts: ClusterFacts) {
  const found = { problems: [] as Problem[], warnings: [] as string[], notes: [] as string[] };
  const { nodes } = facts;
  if (nodes === undefined || nodes.length === 0) return found;
  const ignored =
    config.shared === "own" ? ignoresLabel(config.metallb.values) : (facts.metallb?.ignoresExcludeLabel ?? false);
  const excluded = ignored ? [] : nodes.filter(({ labels }) => EXCLUDE_LABEL in labels);
  for (const { path, nodeSelectors } of advertisements(config)) {
    const candidates =
      nodeSelectors.length === 0 ? nodes : nodes.filter(({ labels }) => selected(nodeSelectors, labels));
    if (candidates.length === 0) {
      found.problems.push({
        path: [...path, "nodeSelectors"],
        wrong: `take none of the nodes ${namesOf(nodes)}, so nobody would announce the pools`,
        right: "Look at the labels: kubectl get nodes --show-labels",
      });
    } else if (candidates.every((node) => excluded.includes(node))) {
      const label = `kubectl label node ${candidates[0]?.name ?? ""} ${EXCLUDE_LABEL}-`;
      const instead =
        config.shared === "own"
          ? "set esddns:metallb.values { speaker: { ignoreExcludeLB: true } }"
          : "run MetalLB's speaker with --ignore-exclude-lb";
      found.problems.push({
        path,
        wrong: `every node that it has (${namesOf(candidates)}) carries the label ${EXCLUDE_LABEL}, so MetalLB would give out addresses that nobody answers for`,
        right: `Take it off (${label}), or ${instead}.`,
      });
    }
  }
  if (found.problems.length === 0 && excluded.length > 0)
    found.notes.push(`Not announcing, by the label ${EXCLUDE_LABEL}: ${namesOf(excluded)}.`);
  return found;
}

function advertisements({ l2, bgp }: Judged): { path: KeyPath; nodeSelectors: readonly LabelSelector[] }[] {
  return [
    ...l2.map(({ nodeSelectors }, i) => ({ path: ["l2", i], nodeSelectors })),
    ...bgp.advertisements.map(({ nodeSelectors }, i) => ({ path: ["bgp", "advertisements", i], nodeSelectors })),
  ];
}

function ignoresLabel({ speaker }: Readonly<Record<string, unknown>>): boolean {
  return typeof speaker === "object" && speaker !== null && Reflect.get(speaker, "ignoreExcludeLB") === true;
}

function namesOf(nodes: readonly NodeFact[]): string {
  const shown = nodes.slice(0, 5).map(({ name }) => name);
  return nodes.length > shown.length ? `${shown.join(", ")} and ${nodes.length - shown.length} more` : shown.join(", ");
}

function networkOf(cidr: string): AddressRange | undefined {
  const parsed = parseNetwork(cidr);
  return parsed.ok ? parsed.range : undefined;
}
