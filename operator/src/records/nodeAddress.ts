import type { DetectionSpec, WanAddressStatus, WanObservation } from "@esddns/common/api";
import { prefixOf } from "@esddns/common/ip";
import { judgeVotes } from "../decide/quorum.ts";
import { validObservations } from "../decide/verdicts.ts";

/** What records need to know of the status of the WanAddress. */
export type KnownWan = Pick<WanAddressStatus, "ipv4" | "ipv6Prefix"> & {
  /** Only where several uplinks are wanted and there is more than one value. */
  readonly ipv4Addresses?: readonly string[] | undefined;
  readonly ipv6Prefixes?: readonly string[] | undefined;
};

/** A node's own IPv6 address, or in words why there is none. */
export type NodeAddress = { address: string } | { problem: string };

/** The prefixes that are believed: more than one only where several uplinks are wanted. */
export function agreedPrefixes(wan: KnownWan | undefined): readonly string[] {
  return wan?.ipv6Prefixes ?? (wan?.ipv6Prefix === undefined ? [] : [wan.ipv6Prefix]);
}

/**
 * The address with which one node looks out: told by as many organisations, one of them authenticated, as any address
 * needs to be believed, and within a prefix that the nodes have agreed on.
 * @param now milliseconds since the epoch
 */
export function nodeAddress(
  node: string,
  observations: readonly WanObservation[],
  wan: KnownWan | undefined,
  rules: Pick<DetectionSpec, "quorum">,
  now: number,
): NodeAddress {
  const prefixes = agreedPrefixes(wan);
  if (prefixes.length === 0) return { problem: "the IPv6 prefix is not known yet" };
  const own = validObservations(observations, now).find(({ nodeName }) => nodeName === node);
  if (own === undefined) {
    return {
      problem: `node ${node} has told nothing lately: check the name in ipv6FromNode, and the operator's pod there`,
    };
  }
  // Whole addresses are compared here, where the decision on the prefix compares prefixes.
  const verdict = judgeVotes(own.votes, "IPv6", { quorum: rules.quorum, prefixLength: 128 });
  if (verdict.kind !== "Agreed") return { problem: `no one IPv6 address of node ${node} is agreed on` };
  const address = verdict.value.slice(0, -"/128".length);
  if (prefixes.some((prefix) => prefixOf(address, Number(prefix.split("/")[1])) === prefix)) return { address };
  return { problem: `${address}, the address of node ${node}, lies outside the agreed prefix ${prefixes.join(", ")}` };
}
