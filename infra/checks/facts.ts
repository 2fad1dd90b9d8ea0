/** What the checks look at: of the config, and of the cluster (readFacts.ts). */
import type { StackConfig } from "../config/parse.ts";
import type { NamespaceFact } from "../kubernetes/stackNamespace.ts";
import type { SharedObject } from "../metallb/objects.ts";

/** What the checks look at of the config. */
export type CheckedConfig = Pick<
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

export interface NodeFact {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Its own addresses. */
  readonly addresses: readonly string[];
  /** The networks of its pods. */
  readonly podCidrs: readonly string[];
  /** Taints that keep pods away for good, by their keys; those that come and go with the node's health are not among them. */
  readonly taints: readonly string[];
  /** As Go names it: amd64, arm64; undefined: it does not say. */
  readonly architecture?: string | undefined;
  /** Why the node is not Ready, in its own words. Undefined when it is Ready. */
  readonly notReady?: string | undefined;
  /** Whether its kubelet is that of k3s. */
  readonly k3s?: boolean;
}

/** A pool that is there; `owner`: the namespace of the stack whose it is, where it says so. */
interface PoolFact {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly owner: string | undefined;
}

/** The MetalLB that runs there. */
export interface RunningMetalLB {
  /** MAJOR.MINOR.PATCH; undefined where its image does not tell. */
  readonly version: string | undefined;
  /** Its own BGP, and not FRR. */
  readonly native: boolean;
  readonly ignoresExcludeLabel: boolean;
  /** The only class of Services that it takes, if it takes but one. */
  readonly loadBalancerClass?: string | undefined;
}

/** A MetalLB that some stack has installed. */
export interface OwnedMetalLB {
  /** That it runs in. */
  readonly namespace: string;
  /** The namespace of the stack whose it is. */
  readonly owner: string;
  /** Whether the last up of that stack has stored keepOnDestroy. */
  readonly kept: boolean;
  /** Whether that stack is there still, by its namespace. */
  readonly lives: boolean;
}

/** A Service with addresses of a load balancer. */
export interface SharingService {
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly string[];
  /** By which annotations it says that it may share them, and the key that it names. */
  readonly keys: Readonly<Record<"metallb.io" | "metallb.universe.tf", string | undefined>>;
}

/** Paths of the fields of `spec`, and of `status` below `status`, that a definition knows, by `PLURAL.GROUP VERSION`. */
export type Definitions = ReadonlyMap<string, ReadonlySet<string>>;

export interface ClusterFacts {
  /** undefined: may not be read. */
  readonly nodes: readonly NodeFact[] | undefined;
  readonly serviceCidrs: readonly string[];
  /** Those that the API servers themselves listen on; none: may not be read. */
  readonly apiServerPorts?: readonly number[];
  readonly pools: readonly PoolFact[];
  /** Names that MetalLB's Community objects give to communities; undefined: they may not be read. */
  readonly communities?: ReadonlySet<string> | undefined;
  /** Type of each Secret of `passwordSecrets` that is there; undefined: they may not be read. */
  readonly passwordSecrets?: ReadonlyMap<string, string> | undefined;
  /** What else stacks have written into MetalLB's namespace. */
  readonly objects?: readonly SharedObject[];
  /** undefined: there is none, or it may not be read. */
  readonly metallb: RunningMetalLB | undefined;
  /** Whether its namespace was written by a stack, of an earlier version too; undefined: it may not be read. */
  readonly metallbIsAStacks?: boolean | undefined;
  /** Those that stacks have installed, in whatever namespace; undefined: they may not be read. */
  readonly owned?: readonly OwnedMetalLB[] | undefined;
  /** Services that may share addresses; undefined: not asked for, or they may not be read. */
  readonly sharing?: readonly SharingService[] | undefined;
  /** DaemonSets of k3s' own load balancer, NAMESPACE/NAME. */
  readonly serviceLb?: readonly string[];
  /** The stack's own; undefined: it is not there, or may not be read. */
  readonly namespace?: NamespaceFact | undefined;
  /** Another namespace with the name of this very stack on it. */
  readonly elsewhere?: string | undefined;
  /** Of what is adopted; undefined: nothing is, or they may not be read. */
  readonly definitions: Definitions | undefined;
  /** Of the Prometheus operator; undefined: not asked for, or they may not be read. */
  readonly monitoringKinds?: ReadonlySet<string> | undefined;
  /** What could not be read, in words. */
  readonly unread: readonly string[];
}

export type ReadFacts = { readonly reached: true; readonly facts: ClusterFacts } | { reached: false; why: string };
