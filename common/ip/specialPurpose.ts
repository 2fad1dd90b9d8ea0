import ipaddr from "ipaddr.js";
import type { Address } from "./address.ts";

/** A row of an IANA registry, reduced to the columns that are used. */
export interface SpecialPurposeBlock {
  readonly block: string;
  readonly name: string;
  readonly rfc: string;
  /** As in the registry. N/A counts as false: such an address is not known to be reachable. */
  readonly globallyReachable: boolean | "N/A";
}

const row = (
  block: string,
  globallyReachable: SpecialPurposeBlock["globallyReachable"],
  name: string,
  rfc: string,
): SpecialPurposeBlock => ({ block, name, rfc, globallyReachable });

/**
 * The complete IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, RFC 8190) as of 2025-04. Of nested
 * blocks the most specific one counts.
 */
export const SPECIAL_PURPOSE_BLOCKS: readonly SpecialPurposeBlock[] = [
  row("0.0.0.0/8", false, "This network", "RFC 791"),
  row("0.0.0.0/32", false, "This host on this network", "RFC 1122"),
  row("10.0.0.0/8", false, "Private-Use", "RFC 1918"),
  row("100.64.0.0/10", false, "Shared Address Space", "RFC 6598"),
  row("127.0.0.0/8", false, "Loopback", "RFC 1122"),
  row("169.254.0.0/16", false, "Link Local", "RFC 3927"),
  row("172.16.0.0/12", false, "Private-Use", "RFC 1918"),
  row("192.0.0.0/24", false, "IETF Protocol Assignments", "RFC 6890"),
  row("192.0.0.0/29", false, "IPv4 Service Continuity Prefix", "RFC 7335"),
  row("192.0.0.8/32", false, "IPv4 dummy address", "RFC 7600"),
  row("192.0.0.9/32", true, "Port Control Protocol Anycast", "RFC 7723"),
  row("192.0.0.10/32", true, "Traversal Using Relays around NAT Anycast", "RFC 8155"),
  row("192.0.0.170/32", false, "NAT64/DNS64 Discovery", "RFC 7050"),
  row("192.0.0.171/32", false, "NAT64/DNS64 Discovery", "RFC 7050"),
  row("192.0.2.0/24", false, "Documentation (TEST-NET-1)", "RFC 5737"),
  row("192.31.196.0/24", true, "AS112-v4", "RFC 7535"),
  row("192.52.193.0/24", true, "AMT", "RFC 7450"),
  row("192.88.99.0/24", "N/A", "Deprecated (6to4 Relay Anycast)", "RFC 7526"),
  row("192.88.99.2/32", false, "6a44-relay anycast address", "RFC 6751"),
  row("192.168.0.0/16", false, "Private-Use", "RFC 1918"),
  row("192.175.48.0/24", true, "Direct Delegation AS112 Service", "RFC 7534"),
  row("198.18.0.0/15", false, "Benchmarking", "RFC 2544"),
  row("198.51.100.0/24", false, "Documentation (TEST-NET-2)", "RFC 5737"),
  row("203.0.113.0/24", false, "Documentation (TEST-NET-3)", "RFC 5737"),
  row("240.0.0.0/4", false, "Reserved", "RFC 1112"),
  row("255.255.255.255/32", false, "Limited Broadcast", "RFC 919"),

  row("::1/128", false, "Loopback Address", "RFC 4291"),
  row("::/128", false, "Unspecified Address", "RFC 4291"),
  row("::ffff:0:0/96", false, "IPv4-mapped Address", "RFC 4291"),
  row("64:ff9b::/96", true, "IPv4-IPv6 Translation", "RFC 6052"),
  row("64:ff9b:1::/48", false, "IPv4-IPv6 Translation", "RFC 8215"),
  row("100::/64", false, "Discard-Only Address Block", "RFC 6666"),
  row("100:0:0:1::/64", false, "Dummy IPv6 Prefix", "RFC 9780"),
  row("2001::/23", false, "IETF Protocol Assignments", "RFC 2928"),
  row("2001::/32", "N/A", "TEREDO", "RFC 4380"),
  row("2001:1::1/128", true, "Port Control Protocol Anycast", "RFC 7723"),
  row("2001:1::2/128", true, "Traversal Using Relays around NAT Anycast", "RFC 8155"),
  row("2001:1::3/128", true, "DNS-SD Service Registration Protocol Anycast", "RFC 9665"),
  row("2001:2::/48", false, "Benchmarking", "RFC 5180"),
  row("2001:3::/32", true, "AMT", "RFC 7450"),
  row("2001:4:112::/48", true, "AS112-v6", "RFC 7535"),
  row("2001:10::/28", "N/A", "Deprecated (previously ORCHID)", "RFC 4843"),
  row("2001:20::/28", true, "ORCHIDv2", "RFC 7343"),
  row("2001:30::/28", true, "Drone Remote ID Protocol Entity Tags (DETs) Prefix", "RFC 9374"),
  row("2001:db8::/32", false, "Documentation", "RFC 3849"),
  row("2002::/16", "N/A", "6to4", "RFC 3056"),
  row("2620:4f:8000::/48", true, "Direct Delegation AS112 Service", "RFC 7534"),
  row("3fff::/20", false, "Documentation", "RFC 9637"),
  row("5f00::/16", false, "Segment Routing (SRv6) SIDs", "RFC 9602"),
  row("fc00::/7", false, "Unique-Local", "RFC 4193"),
  row("fe80::/10", false, "Link-Local Unicast", "RFC 4291"),
];

/** Blocks that the special-purpose registries leave to other registries: multicast, and unallocated IPv6. */
const OTHER_BLOCKS: readonly SpecialPurposeBlock[] = [
  row("224.0.0.0/4", false, "Multicast", "RFC 5771"),
  row("::/0", false, "not Global Unicast", "RFC 4291"),
  row("2000::/3", true, "Global Unicast", "RFC 4291"),
  row("ff00::/8", false, "Multicast", "RFC 4291"),
];

const MOST_SPECIFIC_FIRST = [...SPECIAL_PURPOSE_BLOCKS, ...OTHER_BLOCKS]
  .map((entry) => ({ entry, cidr: ipaddr.parseCIDR(entry.block) }))
  .sort((a, b) => b.cidr[1] - a.cidr[1]);
const OF_KIND = Map.groupBy(MOST_SPECIFIC_FIRST, ({ cidr }) => cidr[0].kind());

/** Returns the block that makes an address not globally reachable. Undefined if it is reachable. */
export function notGloballyReachable(address: Address): SpecialPurposeBlock | undefined {
  const ip = ipaddr.parse(address.text);
  const found = OF_KIND.get(ip.kind())?.find(({ cidr }) => ip.match(cidr));
  if (found === undefined) return undefined;
  if (found.entry.globallyReachable !== true) return found.entry;
  // RFC 6052 section 3.1: the well-known prefix does not carry IPv4 addresses that are not global themselves.
  if (found.entry.block === "64:ff9b::/96") {
    const embedded = ip.toByteArray().slice(-4).join(".");
    return notGloballyReachable({ family: "IPv4", text: embedded });
  }
  return undefined;
}
