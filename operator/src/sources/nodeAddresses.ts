import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { DetectionSpec, Family, Vote } from "@esddns/common/api";
import { within } from "../runtime/wait.ts";
import type { Address, Plausibility } from "@esddns/common/ip";
import { parseAddress } from "@esddns/common/ip";
import type { AskDeps, AskLimits } from "./ask.ts";

/** What can be known of a node's addresses without asking anybody outside the cluster. */
export interface NodeAddresses {
  readonly name: string;
  /** The ExternalIP addresses of the Node object; rejects where it cannot be read. */
  readonly externalIps: (signal: AbortSignal) => Promise<readonly string[]>;
  /** The address from which packets to the internet leave this network namespace; undefined where there is no way. */
  readonly ownAddress: (family: Family) => Promise<string | undefined>;
}

/**
 * The node's own word: a vote for each ExternalIP of the Node object and, on the host's network, for a global address
 * of its own. Most nodes have neither, which is nothing to report: then there are no votes. All are the word of one
 * organisation, `node`, and never authenticated.
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
    // Behind a NAT a node's own address is private, and no word about the one outside.
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

/** Any address that only a default route leads to: nothing is sent there. */
const FAR_AWAY = { IPv4: "192.0.2.1", IPv6: "2001:db8::1" } as const;

/** By the routing table: a UDP socket that is connected, and sends nothing, has the address that would be used. */
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
