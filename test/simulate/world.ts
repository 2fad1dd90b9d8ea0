/**
 * A small world, by a seed: a line whose address the provider changes, nodes that look at it through a lossy network,
 * and somebody who wants them to believe something else. What is judged is not here: see simulate.ts.
 */
import type { Dice } from "../fuzz/mutate.ts";
import type { Family, Vote, WanObservation } from "@esddns/common/api";
import { LIST_ORGANISATION } from "@esddns/common/api";
import { applyListMajority } from "../../operator/src/decide/listMajority.ts";
import { prefixOf } from "@esddns/common/ip";

export const PREFIX_LENGTH = 64;
/** As long as an observation of the default settings is valid, and between two full rounds at most; seconds. */
export const VALID_SECONDS = 150;
export const ROUND_EVERY_SECONDS = 330;
/** Behind an old mapping of a NAT or a cache an honest organisation sees the address of up to so long ago. */
export const OLD_ANSWER_SECONDS = 60;

/**
 * `liars`: fewer organisations than the quorum say what they like, over TLS as well.
 * `spoofer`: whatever does not come over TLS is theirs, in everybody's name, and what does they can drop; besides fewer
 * organisations than the quorum lie, but none of them over TLS.
 * Nobody here relays: who hands TLS on to the real organisations from a host elsewhere has them name that host, and the
 * rule believes it (docs/threat-model.md).
 */
type Attack = "none" | "liars" | "spoofer";

interface Organisation {
  readonly name: string;
  readonly tls: boolean;
  /** Of a downloaded list there are several servers, of others one. */
  readonly servers: number;
  readonly lies: boolean;
}

export interface World {
  readonly family: Family;
  readonly quorum: number;
  readonly attack: Attack;
  readonly organisations: readonly Organisation[];
  readonly nodes: readonly string[];
  /** When which address became the line's, oldest first; wall clock in milliseconds. */
  readonly addresses: { readonly address: string; readonly at: number }[];
  readonly lies: readonly string[];
  /** Percent of the answers that never come. */
  readonly loss: number;
  now: number;
}

export function worldOf(dice: Dice, now: number): World {
  const quorum = 1 + dice(4);
  const attack = pick(dice, ["none", "liars", "liars", "spoofer", "spoofer"] as const);
  const family: Family = dice(8) === 0 ? "IPv6" : "IPv4";
  const liars = attack === "none" ? 0 : dice(quorum);
  const honest = dice(6);
  const organisations = Array.from({ length: liars + honest }, (_, i): Organisation => {
    const listed = i === liars - 1 ? dice(3) === 0 : i === liars && dice(3) === 0 && liars === 0;
    const lies = i < liars;
    return {
      name: listed ? LIST_ORGANISATION : `O${i}`,
      tls: !listed && !(lies && attack === "spoofer") && dice(2) === 0,
      servers: listed ? 2 + dice(2) : 1,
      lies,
    };
  });
  const nodes = Array.from({ length: 1 + dice(3) }, (_, i) => `n${i}`);
  const lies = [anyAddress(dice, family, 200), anyAddress(dice, family, 201), "10.0.0.1", "fd00::1"];
  const addresses = [{ address: anyAddress(dice, family, 1), at: now }];
  return { family, quorum, attack, organisations, nodes, addresses, lies, loss: pick(dice, [0, 5, 30, 60]), now };
}

/** What the line has now. */
export function truth(world: World): string {
  return valueOf(world.addresses.at(-1)?.address ?? "", world.family);
}

/** Whether the line has had that value at some moment of the last `seconds`. */
export function wasTrue(world: World, value: string, seconds: number): boolean {
  const { addresses, family, now } = world;
  return addresses.some(({ address }, i) => {
    const until = addresses[i + 1]?.at ?? now;
    return until >= now - seconds * 1000 && valueOf(address, family) === value;
  });
}

/** The provider gives another address, now and then one that the line has had before. */
export function readdress(world: World, dice: Dice): void {
  const former = dice(5) === 0 ? pick(dice, world.addresses).address : undefined;
  world.addresses.push({ address: former ?? anyAddress(dice, world.family, 1 + dice(150)), at: world.now });
}

/** One full round of a node. `healthy`: nothing is lost, old or forged; those who lie do so all the same. */
export function round(world: World, node: string, dice: Dice, healthy = false): WanObservation {
  const votes = world.organisations.flatMap((organisation) =>
    Array.from({ length: organisation.servers }, (_, server) => answer(world, organisation, server, dice, healthy)),
  );
  const skewMs = healthy ? 0 : (dice(41) - 20) * 1000;
  return {
    nodeName: node,
    observedAt: new Date(world.now + skewMs).toISOString(),
    validForSeconds: VALID_SECONDS,
    votes: applyListMajority(
      votes.toSorted(() => dice(3) - 1),
      PREFIX_LENGTH,
    ),
  };
}

function answer(world: World, organisation: Organisation, server: number, dice: Dice, healthy: boolean): Vote {
  const { family, attack, loss } = world;
  const { name, tls, lies } = organisation;
  const spoofed = attack === "spoofer" && !healthy;
  const asked = {
    source: `${tls ? "https" : "stun"}://${name}/${server}`,
    organisation: name,
    transport: tls ? "https" : "udp",
    family,
    authenticated: tls,
  } as const;
  const dropped = spoofed && tls && dice(2) === 0;
  if (!healthy && (dropped || dice(100) < loss)) return { ...asked, outcome: "Timeout" };
  const address = lies || (spoofed && !tls) ? lie(world, dice) : seen(world, dice, healthy);
  return { ...asked, address, outcome: "Ok" };
}

/** One lie that all agree on, mostly; else another, one that is implausible, a former address, or even the truth. */
function lie({ lies, addresses }: World, dice: Dice): string {
  const [common = ""] = lies;
  if (dice(4) > 0) return common;
  return dice(2) === 0 ? pick(dice, lies) : pick(dice, addresses).address;
}

/** What an honest organisation sees: mostly the present address; in a round that a change cuts in two also the former. */
function seen({ addresses, now }: World, dice: Dice, healthy: boolean): string {
  const ago = healthy || dice(3) > 0 ? 0 : dice(OLD_ANSWER_SECONDS) * 1000;
  return (addresses.findLast(({ at }) => at <= now - ago) ?? addresses[0])?.address ?? "";
}

function valueOf(address: string, family: Family): string {
  return family === "IPv4" ? address : prefixOf(address, PREFIX_LENGTH);
}

function anyAddress(dice: Dice, family: Family, net: number): string {
  return family === "IPv4"
    ? `5.${net}.${dice(256)}.${1 + dice(254)}`
    : `2a02:${net.toString(16)}:${dice(65536).toString(16)}:${dice(65536).toString(16)}::${1 + dice(99)}`;
}

export function pick<T>(dice: Dice, items: readonly T[]): T {
  return items[dice(items.length)] as T;
}
