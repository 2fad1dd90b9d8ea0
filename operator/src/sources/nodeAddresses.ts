import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { DetectionSpec, Family, Vote } from "@esddns/common/api";
import { within } from "../runtime/wait.ts";
import type { Address, Plausibility } from "@esddns/common/ip";
import { parseAddress } from "@esddns/common/ip";
import type { AskDeps, AskLimits } from "./ask.ts";

/** The addresses of a node that are known without asking outside the cluster. */
export interface NodeAddresses {
  readonly name: string;
  /** Returns the ExternalIP addresses of the Node object. Rejects if it cannot be read. */
  readonly externalIps: (signal: AbortSignal) => Promise<readonly string[]>;
  /**
   * Returns the address from which packets to the internet leave this network namespace. Undefined if there is no
   * route.
   */
  readonly ownAddress: (family: Family) => Promise<string | undefined>;
}

/**
 * Returns the votes of the node itself: one for each ExternalIP of the Node object and, with hostNetwork, one for each
 * global address of its own. Most nodes have neither. Then there are no votes, and nothing is wrong. All these votes
 * belong to one organisation, `node`, and are never authenticated.
 *
 * Rejects only with the signal's reason.
 */
export async function nodeVotes(
  node: NodeAddresses,
  spec: Pick<DetectionSpec, "families" | "hostNetwork">,
  plausibility: Plausibility,
  { deadlineMs, enough }: AskLimits,
  { clock, log }: Pick<AskDeps, "clock" | "log">,
  signal: AbortSignal,
): Promise<Vote[]> {
  const either = enough === undefined ? signal : AbortSignal.any([signal, enough]);
  const orNone = async <T>(what: string, ask: (inner: AbortSignal) => Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await within(clock, deadlineMs, either, ask);
    } catch (error) {
      signal.throwIfAborted();
      if (!either.aborted) log.warn({ err: error, node: node.name }, `The node's ${what} is not known`);
      return [];
    }
  };
  const [external, own] = await Promise.all([
    orNone("ExternalIP", (inner) => node.externalIps(inner)),
    orNone("own address", async () =>
      spec.hostNetwork ? Promise.all(spec.families.map((family) => node.ownAddress(family))) : [],
    ),
  ]);
  const base = { organisation: "node", transport: "node", authenticated: false } as const;
  const voteFor = (source: string, { text, family }: Address): Vote => {
    const judgement = plausibility.judge({ text, family }, family);
    const said = { ...base, source, family, address: text };
    return judgement.plausible
      ? { ...said, outcome: "Ok" }
      : { ...said, outcome: "Implausible", detail: judgement.reason.slice(0, 256) };
  };
  return [
    ...addresses(external, spec.families).map((address) => voteFor(`node:${node.name}`, address)),
    // Behind a NAT the node's own address is private and does not show the public one.
    ...addresses(own, spec.families)
      .filter((address) => plausibility.mayContact(address).plausible)
      .map((address) => voteFor(`node:${node.name}?own`, address)),
  ];
}

function addresses(texts: readonly (string | undefined)[], families: readonly Family[]): Address[] {
  return texts
    .map((text) => parseAddress(text ?? ""))
    .filter((address) => address !== undefined)
    .filter(({ family }) => families.includes(family));
}

/** Addresses to which only a default route leads. Nothing is sent there. */
const FAR_AWAY = { IPv4: "192.0.2.1", IPv6: "2001:db8::1" } as const;

/** Asks the routing table: a connected UDP socket has the address that would be used, although nothing is sent. */
export const ownAddress: NodeAddresses["ownAddress"] = async (family) => {
  const socket = createSocket(family === "IPv4" ? "udp4" : "udp6");
  try {
    socket.connect(9, FAR_AWAY[family]);
    await once(socket, "connect");
    return socket.address().address;
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
};
