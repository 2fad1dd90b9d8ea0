/** What other programs may import of this one: the stack's outputs, typed. */
import type * as pulumi from "@pulumi/pulumi";

/** What `pulumi stack output --json` prints and a StackReference gives. null: not known, or not there. */
export interface StackOutputs {
  /** The address of the status page on the LAN: IPv4 if it has one, else IPv6. */
  readonly loadBalancerIp: string | null;
  /** The WAN address: IPv4 if there is one, else IPv6. */
  readonly wanIp: string | null;
  readonly wanIpv4: string | null;
  /** The one IPv6 address that all nodes have in common; mostly there is none, but a prefix. */
  readonly wanIpv6: string | null;
  readonly statusUrl: string | null;
  readonly namespace: string;
  readonly records: readonly RecordOutput[];
  readonly pools: readonly PoolOutput[];
  readonly metallb: { readonly version: string | null; readonly namespace: string };
  /** By digest; null where it could not be built. */
  readonly operatorImage: string | null;
  /** NAMESPACE/NAME of the WanAddress, for a read of one's own. */
  readonly wanAddressId: string;
  /** Whether the outputs were read from the cluster in this run; otherwise they are as this stack stored them last. */
  readonly live: boolean;
}

/** One for each record and type. */
export interface RecordOutput {
  readonly fqdn: string;
  readonly type: "A" | "AAAA";
  readonly value: string | null;
  /** Whether Gandi has what it should have. */
  readonly synced: boolean;
}

export interface PoolOutput {
  readonly name: string;
  readonly addresses: readonly string[];
  /** How many addresses it has, of both families, without those that avoidBuggyIPs leaves out. */
  readonly capacity: number;
  /** Addresses in use and free, of both families together; MetalLB counts to 2^63, and beyond 2^53 all is rounded. */
  readonly assigned: number | null;
  readonly available: number | null;
}

/**
 * An output of an esddns stack that another stack refers to, as its last `up` stored it.
 * Fails, as `requireOutput` does, where that stack has no such output: it was never deployed, or is not an esddns stack.
 */
export function esddnsOutput<Name extends keyof StackOutputs>(
  stack: pulumi.StackReference,
  name: Name,
): pulumi.Output<StackOutputs[Name]> {
  return stack.requireOutput(name) as pulumi.Output<StackOutputs[Name]>;
}
