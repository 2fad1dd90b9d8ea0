/** What must hold for the peers: their sessions, timers and passwords. */
import { parseSingle } from "@esddns/common/ip";
import type { BgpContext } from "./context.ts";
import type { BgpPeer } from "./schema.ts";
import { durationSeconds } from "../../values/fields.ts";
import { routerInPool } from "../pools/allocation.ts";
import { quote, type KeyPath, type Problem } from "../../validation/problem.ts";

/** Seconds: the hold time has 16 bits in the OPEN message (RFC 4271, 4.2). */
const HOLD_TIME_MAX = 65_535;

/**
 * Reports sessions that exclude each other: a router keeps one session with a node. `frr`: FRR runs, one on each node for
 * all peers of the node. `byNode`: see frrByNode.
 */
export function sessionProblems(peers: readonly BgpPeer[], frr: boolean, byNode: boolean): Problem[] {
  const selectors = frr && !byNode ? "take MetalLB 0.16 and give both nodeSelectors" : "give both nodeSelectors";
  return peers.flatMap((peer, i) =>
    peers.slice(0, i).flatMap((earlier) => {
      const apart = (byNode || !frr) && peer.nodeSelectors.length > 0 && earlier.nodeSelectors.length > 0;
      if (apart || peer.name === earlier.name) return [];
      const path = (key: string) => ["bgp", "peers", i, key];
      if (frr && peer.myASN !== earlier.myASN) {
        const wrong = `${peer.myASN} is another than that of ${quote(earlier.name)}, and FRR has one on a node`;
        return [{ path: path("myASN"), wrong, right: `Write ${earlier.myASN}, or ${selectors}.` }];
      }
      if (!sameAddress(peer.peerAddress, earlier.peerAddress) || (!frr && portOf(peer) !== portOf(earlier))) return [];
      const wrong = `${quote(peer.peerAddress)} is the address of ${quote(earlier.name)} already`;
      const right = `A node has one session with a router: keep one of the two, or ${selectors}.`;
      return [{ path: path("peerAddress"), wrong, right }];
    }),
  );
}

export function sameAddress(a: string, b: string): boolean {
  return parseSingle(a)?.canonical === parseSingle(b)?.canonical;
}

function portOf({ peerPort = 179 }: BgpPeer): number {
  return peerPort;
}

export function peerProblems(peer: BgpPeer, path: KeyPath, { native, encrypted, pools }: BgpContext): Problem[] {
  const problems: Problem[] = [];
  const addProblem = (key: keyof BgpPeer, wrong: string, right: string) =>
    problems.push({ path: [...path, key], wrong, right });
  problems.push(...routerInPool(peer.peerAddress, pools, [...path, "peerAddress"]));
  if (peer.ebgpMultiHop && peer.myASN === peer.peerASN)
    addProblem("ebgpMultiHop", "is set for an iBGP peer", "iBGP may span hops anyway: leave it out.");
  if (peer.sourceAddress !== undefined && peer.sourceAddress.includes(":") !== peer.peerAddress.includes(":"))
    addProblem("sourceAddress", "is of another family than peerAddress", "Take an address of the same family.");
  if (peer.sourceAddress !== undefined && sameAddress(peer.sourceAddress, peer.peerAddress))
    addProblem("sourceAddress", "is the router's own address", "Write the node's, or leave it out.");
  timerProblems(peer, addProblem);
  const ways = (["password", "passwordSecret", "generatePassword"] as const).filter((key) => Boolean(peer[key]));
  if (ways[1]) addProblem(ways[1], `is set beside ${ways[0] ?? ""}`, "Keep one of the two.");
  if (peer.password !== undefined && !encrypted) {
    const key = `bgp.peers[${path.at(-1) ?? 0}].password`;
    addProblem("password", "is stored as plain text", `Store it with: pulumi config set --secret --path '${key}'`);
  }
  return native ? [...problems, ...nativePeerProblems(peer, path)] : problems;
}

export function nativePeerProblems(peer: BgpPeer, path: KeyPath): Problem[] {
  const right = "Leave it out, or run FRR: esddns:metallb.values { frrk8s: { enabled: true } }.";
  const bfd = "is set, and MetalLB's native BGP has no BFD: it would refuse its whole configuration";
  const keepalive = "is set, and MetalLB's native BGP takes a third of holdTime always";
  return [
    ...(peer.bfd === undefined ? [] : [{ path: [...path, "bfd"], wrong: bfd, right }]),
    ...(peer.keepaliveTime === undefined ? [] : [{ path: [...path, "keepaliveTime"], wrong: keepalive, right }]),
  ];
}

function timerProblems(peer: BgpPeer, addProblem: (key: keyof BgpPeer, wrong: string, right: string) => void): void {
  const keepalive = peer.keepaliveTime === undefined ? undefined : durationSeconds(peer.keepaliveTime);
  const hold = peer.holdTime === undefined ? undefined : durationSeconds(peer.holdTime);
  if (hold !== undefined && hold !== 0 && hold < 3)
    addProblem("holdTime", `${quote(peer.holdTime)} is too short`, "BGP (RFC 4271, 4.2) takes 0s or 3s and more.");
  if (hold !== undefined && hold > HOLD_TIME_MAX)
    addProblem("holdTime", `${quote(peer.holdTime)} is too long`, `BGP takes at most ${HOLD_TIME_MAX}s; 90s is usual.`);
  if (hold !== undefined && keepalive !== undefined && keepalive > hold)
    addProblem("keepaliveTime", "is longer than holdTime, so the session would drop", "A third of holdTime is usual.");
}
