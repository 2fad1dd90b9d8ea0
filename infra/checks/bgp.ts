/** Checks BGP: sessions that FRR would refuse, and names that MetalLB does not know. Pure. */
import { parseSingle } from "@esddns/common/ip";
import { sameAddress } from "../config/keys/bgp/peers.ts";
import { frrModes } from "../config/keys/metallb/rules.ts";
import { formatPath, quote, type Problem } from "../config/validation/problem.ts";
import type { CheckedConfig, ClusterFacts } from "./facts.ts";

/**
 * Reports second sessions with one router: FRR accepts only one. MetalLB's webhook compares a peer with all that exist,
 * and a peer that an up deletes is deleted last.
 */
export function secondSessions(config: CheckedConfig, { metallb, objects = [] }: ClusterFacts): Problem[] {
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

/**
 * Reports unknown communities. Until such a name exists, MetalLB keeps its present configuration and reports that only
 * in its log.
 */
export function unknownCommunities({ bgp }: CheckedConfig, { communities: known }: ClusterFacts): Problem[] {
  if (known === undefined) return [];
  return bgp.advertisements.flatMap(({ communities }, i) =>
    communities.flatMap((name, k) => {
      if (name.includes(":") || known.has(name)) return [];
      const path = ["bgp", "advertisements", i, "communities", k];
      const wrong = `no MetalLB Community object defines ${quote(name)}, and while an advertisement names an unknown community, MetalLB ignores every configuration change`;
      const number = WELL_KNOWN[name.toLowerCase().replaceAll("_", "-")];
      const right =
        number === undefined ? "Write its numbers, or create the Community object first." : `Write "${number}".`;
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

/** Warns if a peer is a node. That is correct if a router runs beside MetalLB on that node, and otherwise a mistake. */
export function ownPeers({ bgp }: CheckedConfig, { nodes = [] }: ClusterFacts): string[] {
  return bgp.peers.flatMap(({ peerAddress }, i) => {
    const address = parseSingle(peerAddress)?.canonical;
    const node = nodes.find(({ addresses }) => addresses.some((own) => parseSingle(own)?.canonical === address));
    if (node === undefined) return [];
    const where = formatPath(["bgp", "peers", i, "peerAddress"]);
    return [`${where}: ${peerAddress} is the node ${node.name} itself: right only where a router runs on it.`];
  });
}

/**
 * Warns about a missing or wrong Secret. Another tool may create it later. Until then MetalLB reports it only in its
 * log.
 */
export function unfitSecrets({ bgp, metallb }: CheckedConfig, { passwordSecrets: types }: ClusterFacts): string[] {
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
