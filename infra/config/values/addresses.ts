/** The addresses of a pool: which a Service can have, how many there are, and how far BGP may aggregate them. */
import {
  bitsOf,
  endsOf,
  overlap,
  parseNetwork,
  parseRange,
  type AddressRange,
  type ParsedRange,
} from "@esddns/common/ip";
import type { Family } from "@esddns/common/api";

/** Reads one entry of a pool. Addresses that no Service can have are wrong. */
export function parsePoolRange(text: string): ParsedRange {
  const parsed = parseRange(text);
  if (!parsed.ok) return parsed;
  const special = neverAHosts(parsed.range);
  if (special === undefined) return parsed;
  return {
    ok: false,
    wrong: `contains ${special}, which no Service can have`,
    right: "Take free addresses of your LAN.",
  };
}

/** As CIDR without host bits, which is all that NetworkPolicies take; other text stays as it is. */
export function canonicalNetwork(text: string): string {
  const parsed = parseNetwork(text);
  return parsed.ok ? parsed.range.canonical : text;
}

/** Names the first block in the range that no Service and no host can have addresses of; undefined if there is none. */
export function neverAHosts(range: AddressRange): string | undefined {
  return NEVER_ASSIGNED[range.family].find(([special]) => overlap(special, range) !== undefined)?.[1];
}

/** The first address that ends in .0 or .255, which some old devices take for a network or broadcast address. */
export function buggyAddress(range: AddressRange): string | undefined {
  if (range.family !== "IPv4") return undefined;
  for (let address = range.first; address <= range.last && address <= range.first + 256n; address++) {
    const octet = address & 255n;
    if (octet === 0n || octet === 255n) return endsOf({ ...range, first: address }).first;
  }
  return undefined;
}

/** How many addresses MetalLB can assign. `avoidBuggyIPs` leaves out those that end in .0 and .255. */
export function capacity(range: AddressRange, avoidBuggyIPs: boolean): bigint {
  const all = range.last - range.first + 1n;
  if (!avoidBuggyIPs || range.family === "IPv6") return all;
  // Numbers up to and including `end` whose last octet is `octet`.
  const upTo = (end: bigint, octet: bigint) => (end - octet + 256n) / 256n;
  const buggy = [0n, 255n].map((octet) => upTo(range.last, octet) - upTo(range.first - 1n, octet));
  return buggy.reduce((left, count) => left - count, all);
}

/** The prefix length of the largest network that lies wholly in the range. BGP may aggregate up to it. */
export function widestPrefix(range: AddressRange): number {
  const bits = bitsOf(range.family);
  for (let length = 0; length < bits; length++) {
    const size = 1n << BigInt(bits - length);
    const first = ((range.first + size - 1n) / size) * size;
    if (first + size - 1n <= range.last) return length;
  }
  return bits;
}

/** The ranges of CIDRs that are constants of this program. */
export function networks(...cidrs: readonly string[]): AddressRange[] {
  return cidrs.map((cidr) => {
    const parsed = parseNetwork(cidr);
    if (!parsed.ok) throw new Error(`${cidr} ${parsed.wrong}`);
    return parsed.range;
  });
}

const NEVER_ASSIGNED: Readonly<Record<Family, readonly (readonly [network: AddressRange, what: string])[]>> = {
  IPv4: named(
    ["0.0.0.0/8", "“this network” (0.0.0.0/8)"],
    ["127.0.0.0/8", "loopback addresses (127.0.0.0/8)"],
    ["169.254.0.0/16", "IPv4 link-local addresses (169.254.0.0/16)"],
    ["224.0.0.0/4", "multicast addresses (224.0.0.0/4)"],
    ["255.255.255.255/32", "the broadcast address"],
  ),
  IPv6: named(
    ["::/128", "the unspecified address"],
    ["::1/128", "the loopback address"],
    ["fe80::/10", "link-local addresses (fe80::/10)"],
    ["ff00::/8", "multicast addresses (ff00::/8)"],
  ),
};

function named(...all: readonly (readonly [cidr: string, what: string])[]): (readonly [AddressRange, string])[] {
  return all.flatMap(([cidr, what]) => networks(cidr).map((range) => [range, what] as const));
}
