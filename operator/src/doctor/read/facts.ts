/** The facts that the doctor has read. Objects that other projects define are parsed loosely, and in part. */
import * as z from "zod";
import type { DnsRecordObject, WanAddressObject, WanObservationObject } from "@esddns/common/api";
import {
  type AddressPool,
  type AnyObject,
  type EndpointSlice,
  metadata,
  type Node,
  type Pod,
  type Read,
  type Service,
  type ServiceL2Status,
} from "@esddns/common/cluster";
import type { VerificationVerdict } from "../../records/verify.ts";

export const advertisement = z.object({
  metadata,
  spec: z
    .object({
      ipAddressPools: z.array(z.string()).default([]),
      ipAddressPoolSelectors: z.array(z.unknown()).default([]),
      nodeSelectors: z.array(z.unknown()).default([]),
    })
    .prefault({}),
});

/** Whether a part of MetalLB has accepted the configuration (MetalLB 0.15.3 and newer). */
export const configurationState = z.object({
  metadata,
  status: z.object({ result: z.string().default("Unknown"), errorSummary: z.string().optional() }).prefault({}),
});

export const event = z.object({
  type: z.string().default("Normal"),
  reason: z.string().default(""),
  message: z.string().default(""),
  lastTimestamp: z.string().nullish(),
});

export type Advertisement = z.output<typeof advertisement>;

/** A BGP session as a speaker sees it. */
export interface BgpSession {
  readonly speaker: string;
  readonly peer: string;
  readonly up: boolean;
}

/** The addresses that are on a LAN of this machine, with the hardware address that answers. Undefined: none answers. */
export type Neighbours = ReadonlyMap<string, string | undefined>;

/** Everything that the checks look at. reads.ts fills it in. */
export interface Facts {
  /** Where the doctor runs: a pod reaches less, and may read less. */
  readonly place: "outside" | "pod";
  readonly namespace: string;
  readonly metallbNamespace: string;
  /** Names of the stack's own pools. Undefined: not known. */
  readonly stackPools: readonly string[] | undefined;
  readonly now: number;
  /** For example v1.34.4. */
  readonly version: Read<string>;
  readonly nodes: Read<Node[]>;
  readonly metallbPods: Read<Pod[]>;
  readonly webhook: Read<EndpointSlice[]>;
  readonly configuration: Read<z.output<typeof configurationState>[]>;
  readonly pools: Read<AddressPool[]>;
  readonly l2Advertisements: Read<Advertisement[]>;
  readonly bgpAdvertisements: Read<Advertisement[]>;
  readonly bgpPeers: Read<AnyObject[]>;
  readonly bgpSessions: Read<BgpSession[]>;
  readonly l2Statuses: Read<ServiceL2Status[]>;
  readonly ownPods: Read<Pod[]>;
  readonly service: Read<Service>;
  /** Warnings about the page's Service, newest last. */
  readonly serviceWarnings: Read<string[]>;
  /** Every LoadBalancer address that a Service of the cluster has. */
  readonly taken: Read<string[]>;
  /** DaemonSets of k3s's own load balancer, NAMESPACE/NAME. */
  readonly serviceLb: Read<string[]>;
  /**
   * Which devices answer on the LAN for the addresses of the page and the nodes, and for the free addresses of the
   * pools.
   */
  readonly neighbours: Read<Neighbours>;
  /** The HTTP status of the page at its LoadBalancer address. */
  readonly page: Read<number>;
  /** The same without MetalLB. */
  readonly pagePastMetallb: Read<string>;
  readonly wan: Read<WanAddressObject>;
  readonly observations: Read<WanObservationObject[]>;
  readonly records: Read<DnsRecordObject[]>;
  /** How the zones' own servers answer this machine, by the record's name in the cluster. */
  readonly answers: Read<ReadonlyMap<string, VerificationVerdict>>;
  /** YYYY-MM-DD. Undefined: not configured. */
  readonly tokenExpires: Read<string | undefined>;
  /**
   * PodMonitors and ServiceMonitors of the namespace, and its PrometheusRules. Empty if the cluster does not have these
   * kinds.
   */
  readonly monitors: Read<string[]>;
  readonly rules: Read<string[]>;
}
