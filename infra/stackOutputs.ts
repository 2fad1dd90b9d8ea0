/** The stack's outputs, typed. Other programs may import this file. */
import type * as pulumi from "@pulumi/pulumi";

/** The outputs that `pulumi stack output --json` prints and a StackReference returns. null: unknown or missing. */
export interface StackOutputs {
  /** The address of the status page on the LAN: IPv4 if it has one, otherwise IPv6. */
  readonly loadBalancerIp: string | null;
  /** The WAN address: IPv4 if one exists, otherwise IPv6. */
  readonly wanIp: string | null;
  readonly wanIpv4: string | null;
  /** The one IPv6 address that all nodes have in common. Usually they share only a prefix, and this is null. */
  readonly wanIpv6: string | null;
  readonly statusUrl: string | null;
  readonly namespace: string;
  readonly records: readonly RecordOutput[];
  readonly pools: readonly PoolOutput[];
  readonly metallb: { readonly version: string | null; readonly namespace: string };
  /** The image with its digest. null if it could not be built. */
  readonly operatorImage: string | null;
  /** NAMESPACE/NAME of the WanAddress, to read it yourself. */
  readonly wanAddressId: string;
  /** Whether this run read the outputs from the cluster. Otherwise they are as this stack stored them last. */
  readonly live: boolean;
}

/** The output of one record and type. */
export interface RecordOutput {
  readonly fqdn: string;
  readonly type: "A" | "AAAA";
  readonly value: string | null;
  /** Whether Gandi has the value that it should have. */
  readonly synced: boolean;
}

export interface PoolOutput {
  readonly name: string;
  readonly addresses: readonly string[];
  /** The number of its addresses, of both families, without those that avoidBuggyIPs leaves out. */
  readonly capacity: number;
  /**
   * Addresses in use and free, of both families together. MetalLB counts to 2^63, and values beyond 2^53 are rounded.
   */
  readonly assigned: number | null;
  readonly available: number | null;
}

/**
 * Reads an output of an esddns stack from another stack, as the last `up` stored it. Fails like `requireOutput` if that
 * stack has no such output: it was never deployed, or is not an esddns stack.
 */
export function esddnsOutput<Name extends keyof StackOutputs>(
  stack: pulumi.StackReference,
  name: Name,
): pulumi.Output<StackOutputs[Name]> {
  return stack.requireOutput(name) as pulumi.Output<StackOutputs[Name]>;
}
