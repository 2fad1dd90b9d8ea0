/** The facts that the checks need about the config and about the cluster (readFacts.ts). */
import type { StackConfig } from "../config/parse.ts";
import type { NamespaceFact } from "../kubernetes/stackNamespace.ts";
import type { SharedObject } from "../metallb/objects.ts";

/** The part of the config that the checks read. */
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

/** The run that asks. */
export interface Asker {
  /** PROJECT/STACK. */
  readonly stackId: string;
  /** Whether it was told to take over what other owners left. */
  readonly takeOver: boolean;
}

export interface NodeFact {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Addresses of the node itself. */
  readonly addresses: readonly string[];
  /** The networks of its pods. */
  readonly podCidrs: readonly string[];
  /**
   * The keys of taints that keep pods away permanently. Taints that come and go with the node's health are left out.
   */
  readonly taints: readonly string[];
  /** The architecture as Go names it: amd64, arm64. Undefined if the node does not report it. */
  readonly architecture?: string | undefined;
  /** Why the node is not Ready, in its own words. Undefined when it is Ready. */
  readonly notReady?: string | undefined;
  /** Whether its kubelet is that of k3s. */
  readonly k3s?: boolean;
}

/** A pool in the cluster. `owner` is the namespace of the stack that made it, if the pool carries one. */
interface PoolFact {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly owner: string | undefined;
}

/** The MetalLB that runs in the cluster. */
export interface RunningMetalLB {
  /** MAJOR.MINOR.PATCH. Undefined if its image does not contain it. */
  readonly version: string | undefined;
  /** Whether it uses its own BGP, and not FRR. */
  readonly native: boolean;
  readonly ignoresExcludeLabel: boolean;
  /** The only class of Services that it serves, if it is limited to one. */
  readonly loadBalancerClass?: string | undefined;
}

/** A MetalLB that a stack has installed. */
export interface OwnedMetalLB {
  /** The namespace that it runs in. */
  readonly namespace: string;
  /** The namespace of the stack that owns it. */
  readonly owner: string;
  /** Whether the last up of that stack has stored keepOnDestroy. */
  readonly kept: boolean;
  /** Whether the namespace of that stack still exists. */
  readonly lives: boolean;
}

/** A Service with addresses of a load balancer. */
export interface SharingService {
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly string[];
  /** The sharing key of the Service, by the prefix of the annotation that names it. */
  readonly keys: Readonly<Record<"metallb.io" | "metallb.universe.tf", string | undefined>>;
}

/**
 * Paths of the fields that a definition has, by `PLURAL.GROUP VERSION`: those of `spec`, and those of `status` below
 * `status`.
 */
export type Definitions = ReadonlyMap<string, ReadonlySet<string>>;

export interface ClusterFacts {
  /** Undefined if they may not be read. */
  readonly nodes: readonly NodeFact[] | undefined;
  readonly serviceCidrs: readonly string[];
  /** The ports that the API servers themselves listen on. Missing if they may not be read. */
  readonly apiServerPorts?: readonly number[];
  readonly pools: readonly PoolFact[];
  /** Names that MetalLB's Community objects define. Undefined if they may not be read. */
  readonly communities?: ReadonlySet<string> | undefined;
  /** The type of each Secret of `passwordSecrets` that exists. Undefined if they may not be read. */
  readonly passwordSecrets?: ReadonlyMap<string, string> | undefined;
  /** The other objects that stacks have written into MetalLB's namespace. */
  readonly objects?: readonly SharedObject[];
  /** Undefined if none runs, or if it may not be read. */
  readonly metallb: RunningMetalLB | undefined;
  /** Whether a stack wrote its namespace, also one of an earlier version. Undefined if it may not be read. */
  readonly metallbIsAStacks?: boolean | undefined;
  /** Those that stacks have installed, in every namespace. Undefined if they may not be read. */
  readonly owned?: readonly OwnedMetalLB[] | undefined;
  /** Services that may share addresses. Undefined if they are not needed or may not be read. */
  readonly sharing?: readonly SharingService[] | undefined;
  /** DaemonSets of k3s' own load balancer, as NAMESPACE/NAME. */
  readonly serviceLb?: readonly string[];
  /** The stack's own namespace. Undefined if it does not exist or may not be read. */
  readonly namespace?: NamespaceFact | undefined;
  /** Another namespace that carries this stack's name. */
  readonly elsewhere?: string | undefined;
  /** The adopted definitions. Undefined if none is adopted, or if they may not be read. */
  readonly definitions: Definitions | undefined;
  /** The kinds of the Prometheus operator. Undefined if they are not needed or may not be read. */
  readonly monitoringKinds?: ReadonlySet<string> | undefined;
  /** Names of what could not be read, for messages. */
  readonly unread: readonly string[];
}

export type ReadFacts = { readonly reached: true; readonly facts: ClusterFacts } | { reached: false; why: string };
