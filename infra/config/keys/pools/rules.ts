/** What must hold for the pools themselves, and what about them may surprise. */
import { contains, describeRange, overlap, type AddressRange } from "@esddns/common/ip";
import { buggyAddress, capacity, networks } from "../../values/addresses.ts";
import type { PlacedPool } from "./schema.ts";
import { duplicateNames } from "../../values/lists.ts";
import { formatPath, quote, type KeyPath, type Problem } from "../../validation/problem.ts";

export function poolProblems(pools: readonly PlacedPool[]): Problem[] {
  return [
    ...duplicateNames(["pools"], pools),
    ...tooMany(pools),
    ...overlaps(pools),
    ...priorityProblems(pools),
    ...pools.flatMap(nothingLeft),
  ];
}

/** `written`: the list as it stands, undefined if it cannot be read. */
export function noPool(written: unknown): Problem[] {
  if (!Array.isArray(written) || written.length > 0) return [];
  const right = "For instance [{ name: esddns-pool, addresses: [192.168.1.100-192.168.1.110] }].";
  return [{ path: ["pools"], wrong: "there is no pool, so no Service could get an address", right }];
}

/** The WanAddress excludes all of them from being the WAN address, and its list has room for so many. */
const ENTRIES_MAX = 256;

function tooMany(pools: readonly PlacedPool[]): Problem[] {
  const count = pools.reduce((sum, { value }) => sum + value.addresses.length, 0);
  if (count <= ENTRIES_MAX) return [];
  const wrong = `have ${count} addresses, ranges and CIDRs in all, and the most is ${ENTRIES_MAX}`;
  return [{ path: ["pools"], wrong, right: "Join neighbours to ranges." }];
}

/** MetalLB refuses addresses that are in two entries, of one pool or of two. Of several overlaps the first is named. */
function overlaps(pools: readonly PlacedPool[]): Problem[] {
  const all = pools.flatMap(({ index, value }) =>
    value.addresses.map((range, i) => ({ range, path: ["pools", index, "addresses", i] as KeyPath })),
  );
  return all.flatMap(({ range, path }, i) => {
    const found = all.slice(0, i).filter((earlier) => overlap(earlier.range, range) !== undefined);
    const [earlier, ...more] = found;
    if (earlier === undefined) return [];
    const others = more.length === 0 ? "" : `, and ${more.length} more like it`;
    const common = overlap(earlier.range, range) ?? "";
    const wrong = `${common} is part of ${formatPath(earlier.path)} already${others}`;
    return [{ path, wrong, right: "Give every address to one pool, once." }];
  });
}

/** MetalLB orders only pools that are kept for namespaces or Services. */
function priorityProblems(pools: readonly PlacedPool[]): Problem[] {
  return pools.flatMap(({ index, value: pool }) => {
    const kept = [pool.namespaces, pool.namespaceSelectors, pool.serviceSelectors].some((list) => list.length > 0);
    if (pool.priority === 0 || kept) return [];
    const right = "Keep the pool for somebody (namespaces, namespaceSelectors, serviceSelectors), or leave it out.";
    return [{ path: ["pools", index, "priority"], wrong: "has no effect on a pool that everybody may use", right }];
  });
}

function nothingLeft({ index, value: { avoidBuggyIPs, addresses } }: PlacedPool): Problem[] {
  if (!avoidBuggyIPs || addresses.some((range) => capacity(range, true) > 0n)) return [];
  const wrong = "leaves the pool no address: all of them end in .0 or .255";
  return [{ path: ["pools", index, "avoidBuggyIPs"], wrong, right: "Leave it out, or add other addresses." }];
}

/** Warns of a CIDR with host bits, of addresses that end in .0 or .255, and of addresses that are not from a LAN. */
export function poolWarnings(pools: readonly PlacedPool[]): string[] {
  return pools.flatMap(({ index, value: { addresses, avoidBuggyIPs } }) =>
    addresses.flatMap((range, i) => {
      const where = formatPath(["pools", index, "addresses", i]);
      const buggy = avoidBuggyIPs ? undefined : buggyAddress(range);
      return [
        ...(range.hostBitsSet
          ? [`${where}: ${quote(range.written)} is the network ${range.canonical}: ${describeRange(range)}.`]
          : []),
        ...(buggy === undefined
          ? []
          : [
              `${where}: ${buggy} is one of the pool's addresses; some devices do not reach it. avoidBuggyIPs: true leaves out .0 and .255.`,
            ]),
        ...(isOfALan(range)
          ? []
          : [
              `${where}: ${quote(range.written)} takes in public addresses; nobody reaches them here unless your provider routes them to you.`,
            ]),
      ];
    }),
  );
}

/** Private (RFC 1918, RFC 4193), shared (RFC 6598), or for documents and tests (RFC 5737, RFC 3849, RFC 2544). */
const LANS = networks(
  ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "100.64.0.0/10", "198.18.0.0/15"],
  ...["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"],
);

/** Whether the range lies wholly within one of these networks. */
function isOfALan(range: AddressRange): boolean {
  return LANS.some((lan) => contains(lan, range));
}
