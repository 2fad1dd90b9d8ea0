/** What the config and the cluster make of each other. Pure. */
import { parseSingle } from "@esddns/common/ip";
import { nativeBgpProblems, sameAddress } from "../config/keys/bgp/peers.ts";
import type { CheckName } from "../config/keys/checks.ts";
import { frrModes } from "../config/keys/metallb/rules.ts";
import { monitoringKinds } from "../config/keys/monitoring.ts";
import { placePool, type PlacedPool } from "../config/keys/pools/allocation.ts";
import type { StackConfig } from "../config/parse.ts";
import { didYouMean, formatPath, quote, type Problem } from "../config/validation/problem.ts";
import { API_SERVER_PORTS } from "../esddns/networkPolicy.ts";
import { writtenObjects } from "../metallb/objects.ts";
import { foreignArchitecture } from "./architecture.ts";
import { definitionProblems } from "./definitions.ts";
import type { ClusterFacts, RunningMetalLB } from "./facts.ts";
import { announcements, deadNodes, noRoomForPods } from "./nodes.ts";
import { givenUpMetalLB, movedMetalLB } from "./ownMetalLB.ts";
import { poolClashes, takenAddresses } from "./pools.ts";
import { mayHaveSecondLoadBalancer, secondLoadBalancer } from "./serviceLb.ts";
import { unshared } from "./sharedAddresses.ts";

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

/** A problem, with the name by which `esddns:checks.skip` leaves its check out. */
export interface NamedProblem extends Problem {
  readonly check: CheckName;
}

interface Judgement {
  readonly problems: readonly NamedProblem[];
  /** Each ends with the name of its check. */
  readonly warnings: readonly string[];
  /** What is worth knowing and may well be meant. */
  readonly notes: readonly string[];
}

export function judge(config: Judged, facts: ClusterFacts, skip: readonly CheckName[] = []): Judgement {
  const pools = config.pools.map((pool, index) => placePool(index, pool));
  const adopted = config.shared === "adopt" ? adoptionProblems(config, facts, pools) : { problems: [], warnings: [] };
  const announcing = announcements(config, facts);
  return {
    problems: named(skip, [
      ["adopted-metallb", adopted.problems],
      ["moved-metallb", movedMetalLB(config, facts.owned ?? [])],
      ["shared-addresses", unshared(config, facts)],
      ["taken-names", conflicts(pools, config, facts)],
      ["pool-addresses", pools.flatMap((pool) => takenAddresses(pool, facts))],
      ["bgp-sessions", secondSessions(config, facts)],
      ["bgp-communities", unknownCommunities(config, facts)],
      ["announcers", announcing.problems],
      ["taints", noRoomForPods(config, facts)],
      ["architecture", foreignArchitecture(config, facts)],
      ["monitoring", monitoringProblems(config, facts)],
    ]).map(({ check, found }) => ({ ...found, check })),
    warnings: named(skip, [
      ["dead-nodes", deadNodes(facts)],
      ["adopted-metallb", adopted.warnings],
      ["announcers", announcing.warnings],
      ["servicelb", secondLoadBalancer(config, facts)],
      ["bgp-peer-nodes", ownPeers(config, facts)],
      ["password-secrets", unfitSecrets(config, facts)],
      ["node-names", unknownNodes(config, facts)],
      ["api-server-port", closedApiServer(config, facts)],
    ]).map(({ check, found }) => `[${check}] ${found}`),
    notes: [
      ...givenUpMetalLB(config, facts.owned ?? []),
      ...announcing.notes,
      ...(skip.includes("servicelb") ? [] : mayHaveSecondLoadBalancer(facts)),
    ],
  };
}

/** What the checks have found, apart from those that are left out. */
export function named<T>(
  skip: readonly CheckName[],
  all: readonly (readonly [check: CheckName, found: readonly T[]])[],
): { readonly check: CheckName; readonly found: T }[] {
  return all.flatMap(([check, each]) => (skip.includes(check) ? [] : each.map((found) => ({ check, found }))));
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
    const address = parseSingle(peerAddress)?.canonical;
    const node = nodes.find(({ addresses }) => addresses.some((own) => parseSingle(own)?.canonical === address));
    if (node === undefined) return [];
    const where = formatPath(["bgp", "peers", i, "peerAddress"]);
    return [`${where}: ${peerAddress} is the node ${node.name} itself: right only where a router runs on it.`];
  });
}

/** Another tool may be about to make it; until then MetalLB says so in its log alone. */
function unfitSecrets({ bgp, metallb }: Judged, { passwordSecrets: types }: ClusterFacts): string[] {
  return bgp.peers.flatMap(({ passwordSecret: name }, i) => {
    if (name === undefined || types === undefined || types.get(name) === BASIC_AUTH) return [];
    const where = formatPath(["bgp", "peers", i, "passwordSecret"]);
    const type = types.get(name);
    const what = type === undefined ? "is no Secret" : `is a Secret of type ${type}, and not ${BASIC_AUTH},`;
    return [
      `${where}: ${quote(name)} ${what} in ${metallb.namespace}: until it is, MetalLB takes no change of its configuration. ` +
        `kubectl create secret generic ${name} -n ${metallb.namespace} --type=${BASIC_AUTH} --from-file=password=FILE`,
    ];
  });
}

const BASIC_AUTH = "kubernetes.io/basic-auth";

/** It may be about to come. */
function unknownNodes({ detection, records }: Judged, { nodes = [] }: ClusterFacts): string[] {
  const names = nodes.map(({ name }) => name);
  const named = [
    ...detection.preferNodes.map((name, i) => ({ name, path: ["detection", "preferNodes", i] })),
    ...records.flatMap(({ ipv6FromNode: name }, i) =>
      name === undefined ? [] : [{ name, path: ["records", i, "ipv6FromNode"] }],
    ),
  ];
  return named.flatMap(({ name, path }) => {
    if (names.length === 0 || names.includes(name)) return [];
    const hint = didYouMean(name, names) || ` There are ${names.slice(0, 5).join(", ")}.`;
    return [`${formatPath(path)}: there is no node ${quote(name)}.${hint}`];
  });
}

/** Only network plugins that enforce the stack's NetworkPolicies cut the pods off, and which one does is not to be seen. */
function closedApiServer({ operator }: Judged, facts: ClusterFacts): string[] {
  const open = [...API_SERVER_PORTS, ...operator.apiServerPorts];
  const closed = (facts.apiServerPorts ?? []).filter((port) => !open.includes(port));
  if (closed.length === 0) return [];
  const where = formatPath(["operator", "apiServerPorts"]);
  return [
    `${where}: the API server listens on port ${closed.join(", ")}, which the stack's NetworkPolicies do not let the pods to: ` +
      `where the network plugin enforces them no pod gets ready. Write [${[...operator.apiServerPorts, ...closed].join(", ")}].`,
  ];
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

/** What others have; where that is this very stack under its former namespace, that is the one thing to say. */
function conflicts(pools: readonly PlacedPool[], config: Judged, facts: ClusterFacts): Problem[] {
  const among = (seen: ClusterFacts) => [...foreignObjects(config, seen), ...poolClashes(pools, config, seen)];
  const all = among(facts);
  const { elsewhere, objects = [] } = facts;
  if (elsewhere === undefined) return all;
  const foreign = ({ owner }: { owner: string | undefined }) => owner !== elsewhere;
  const others = among({ ...facts, pools: facts.pools.filter(foreign), objects: objects.filter(foreign) });
  if (others.length === all.length) return all;
  const wrong = `${quote(config.namespace)} is another namespace than ${quote(elsewhere)}, where this stack is, and an up would make all of it once more, beside what is there`;
  const right = `Write ${quote(elsewhere)} again. To have the stack elsewhere: npm run destroy, and then deploy it with the new one.`;
  return [{ path: ["namespace"], wrong, right }, ...others];
}

/** FRR takes a router once, and MetalLB's webhook judges a peer by all that are there: one that goes, goes last. */
function secondSessions(config: Judged, { metallb, objects = [] }: ClusterFacts): Problem[] {
  const frr = config.shared === "own" ? frrModes(config.metallb.values).length > 0 : metallb?.native === false;
  const { peers } = config.bgp;
  const others = objects.filter(({ kind, name }) => kind === "BGPPeer" && peers.every((peer) => peer.name !== name));
  if (!frr) return [];
  return peers.flatMap(({ peerAddress, nodeSelectors }, i) => {
    const there = others.find(
      ({ session }) =>
        session !== undefined &&
        sameAddress(session.peerAddress, peerAddress) &&
        !(session.someNodes && nodeSelectors.length > 0),
    );
    if (there === undefined) return [];
    const wrong = `${peerAddress} is the router of the BGPPeer ${quote(there.name)} already, and FRR has one session with a router`;
    const remove = `kubectl delete bgppeers.metallb.io ${there.name} -n ${config.metallb.namespace}`;
    const right =
      there.owner === config.namespace
        ? `Keep that name, or take it away before the up, as Pulumi does it last: ${remove}`
        : "Leave the peer out, and name that one in the advertisements' peers.";
    return [{ path: ["bgp", "peers", i, "peerAddress"], wrong, right }];
  });
}

/** MetalLB goes on with the configuration that it has, and says so in its log alone, until there is such a name. */
function unknownCommunities({ bgp }: Judged, { communities: known }: ClusterFacts): Problem[] {
  if (known === undefined) return [];
  return bgp.advertisements.flatMap(({ communities }, i) =>
    communities.flatMap((name, k) => {
      if (name.includes(":") || known.has(name)) return [];
      const path = ["bgp", "advertisements", i, "communities", k];
      const wrong = `${quote(name)} is no name that a Community object of MetalLB's gives, and with one that it does not know MetalLB takes no change of its configuration`;
      const number = WELL_KNOWN[name.toLowerCase().replaceAll("_", "-")];
      const right = number === undefined ? "Write its numbers, or make the Community first." : `Write "${number}".`;
      return [{ path, wrong, right }];
    }),
  );
}

/** RFC 1997. */
const WELL_KNOWN: Readonly<Record<string, string>> = {
  "no-export": "65535:65281",
  "no-advertise": "65535:65282",
  "no-export-subconfed": "65535:65283",
};

/** Of the same name: an up would write over another stack's object, and a destroy take it away. */
function foreignObjects(config: Judged, facts: ClusterFacts): Problem[] {
  const pools = facts.pools.map((pool) => ({ ...pool, kind: "IPAddressPool" as const }));
  const others = [...pools, ...(facts.objects ?? [])].filter(
    ({ owner }) => owner !== undefined && owner !== config.namespace,
  );
  const problems = writtenObjects(config).flatMap(({ kind, name, path }) => {
    const found = others.find((other) => other.kind === kind && other.name === name);
    if (found === undefined) return [];
    const wrong = `the ${kind} ${quote(name)} is of the stack with the namespace ${found.owner ?? ""} already`;
    return [{ path, wrong, right: "MetalLB's objects have one namespace for all stacks: take another name." }];
  });
  const keys = problems.map(({ path }) => formatPath(path));
  // What goes by a peer's name has its problem, too.
  return problems.filter((_, i) => keys.indexOf(keys[i] ?? "") === i);
}
