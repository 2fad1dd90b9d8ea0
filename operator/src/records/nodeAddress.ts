import type { DetectionSpec, WanAddressStatus, WanObservation } from "@esddns/common/api";
import { prefixOf } from "@esddns/common/ip";
import { judgeVotes } from "../decide/quorum.ts";
import { validObservations } from "../decide/verdicts.ts";

/** The fields of the WanAddress's status that records use. */
export type KnownWan = Pick<WanAddressStatus, "ipv4" | "ipv6Prefix"> & {
  /** Set only if several uplinks are configured and there is more than one value. */
  readonly ipv4Addresses?: readonly string[] | undefined;
  readonly ipv6Prefixes?: readonly string[] | undefined;
};

/** A node's own IPv6 address, or why there is none, in words. */
export type NodeAddress = { address: string } | { problem: string };

/** Returns the agreed IPv6 prefixes: more than one only if several uplinks are configured. */
export function agreedPrefixes(wan: KnownWan | undefined): readonly string[] {
  return wan?.ipv6Prefixes ?? (wan?.ipv6Prefix === undefined ? [] : [wan.ipv6Prefix]);
}

/**
 * Returns the IPv6 address that one node has on the internet. It must have a full quorum of organisations, one of them
 * authenticated, and must be within a prefix that the nodes agreed on.
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
  // Compares whole addresses. The decision on the prefix compares only prefixes.
  const verdict = judgeVotes(own.votes, "IPv6", { quorum: rules.quorum, prefixLength: 128 });
  if (verdict.kind !== "Agreed") return { problem: `no one IPv6 address of node ${node} is agreed on` };
  const address = verdict.value.slice(0, -"/128".length);
  if (prefixes.some((prefix) => prefixOf(address, Number(prefix.split("/")[1])) === prefix)) return { address };
  return { problem: `${address}, the address of node ${node}, lies outside the agreed prefix ${prefixes.join(", ")}` };
}
