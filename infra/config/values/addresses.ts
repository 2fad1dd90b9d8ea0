/** Arithmetic on the addresses of a pool: single addresses, ranges and CIDRs of both families as one kind of interval. */
import ipaddr from "ipaddr.js";
import type { Family } from "@esddns/common/api";
import { quote, type Complaint } from "../validation/problem.ts";

/** An interval of addresses of one family, both ends included. */
export interface AddressRange {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
  /** As MetalLB takes it: `10.0.0.96/28`, `10.0.0.1-10.0.0.9`, `10.0.0.7/32`. */
  readonly canonical: string;
  /** The text was a CIDR whose address is not the first of its network. */
  readonly hostBitsSet: boolean;
}

export type ParsedRange = { ok: true; range: AddressRange } | { ok: false; complaint: Complaint };

const FORMATS =
  "Write an address (192.168.1.100), a range (192.168.1.100-192.168.1.110) or a CIDR (192.168.1.0/28), IPv4 or IPv6.";

/** Reads one entry of a pool: `192.168.1.100`, `192.168.1.100/32`, `192.168.1.100-192.168.1.110`, `fd00::/120`. */
export function parseRange(text: string): ParsedRange {
  const parsed = text.includes("-") ? parseInterval(text) : text.includes("/") ? parseCidr(text) : parseSingle(text);
  if (!parsed.ok) return parsed;
  const special = neverAHosts(parsed.range);
  if (special === undefined) return parsed;
  return complain(`${quote(text)} contains ${special}, which no Service can have`, "Take free addresses of your LAN.");
}

/** One address without a prefix length, or undefined. */
export function parseAddress(text: string): AddressRange | undefined {
  const parsed = parseOne(text);
  return parsed && interval(parsed.family, parsed.value, parsed.value, `${parsed.canonical}/${bitsOf(parsed.family)}`);
}

/** A network as CIDR, whatever its use; host bits are cleared. */
export function parseNetwork(text: string): ParsedRange {
  return text.includes("/") ? parseCidr(text) : parseSingle(text);
}

/** As CIDR without host bits, which is all that NetworkPolicies take; other text stays as it is. */
export function canonicalNetwork(text: string): string {
  const parsed = parseNetwork(text);
  return parsed.ok ? parsed.range.canonical : text;
}

/** What is in the range that neither a Service nor a host of another network can have; undefined: nothing. */
export function neverAHosts(range: AddressRange): string | undefined {
  for (const [cidr, what] of NEVER_ASSIGNED[range.family]) {
    const special = parseCidr(cidr);
    if (special.ok && overlap(special.range, range) !== undefined) return what;
  }
  return undefined;
}

/** The part that both have in common, or undefined. */
export function overlap(a: AddressRange, b: AddressRange): string | undefined {
  if (a.family !== b.family) return undefined;
  const first = a.first > b.first ? a.first : b.first;
  const last = a.last < b.last ? a.last : b.last;
  return first > last ? undefined : formatInterval(a.family, first, last);
}

export function contains(outer: AddressRange, inner: AddressRange): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** The interval spelled out: `10.0.0.96-10.0.0.111`, or the address where it is only one. */
export function describeRange(range: AddressRange): string {
  return formatInterval(range.family, range.first, range.last);
}

/** The first address that ends in .0 or .255, which some old devices take for a network or broadcast address. */
export function buggyAddress(range: AddressRange): string | undefined {
  if (range.family !== "IPv4") return undefined;
  for (let address = range.first; address <= range.last && address <= range.first + 256n; address++) {
    const octet = address & 255n;
    if (octet === 0n || octet === 255n) return formatAddress("IPv4", address);
  }
  return undefined;
}

/** How many addresses there are to give away; `avoidBuggyIPs` leaves out those that end in .0 and .255. */
export function capacity(range: AddressRange, avoidBuggyIPs: boolean): bigint {
  const all = range.last - range.first + 1n;
  if (!avoidBuggyIPs || range.family === "IPv6") return all;
  // Numbers up to and including `end` whose last octet is `octet`.
  const upTo = (end: bigint, octet: bigint) => (end - octet + 256n) / 256n;
  const buggy = [0n, 255n].map((octet) => upTo(range.last, octet) - upTo(range.first - 1n, octet));
  return buggy.reduce((left, count) => left - count, all);
}

/** The prefix length of the largest network that is wholly in the range: what BGP may aggregate to. */
export function widestPrefix(range: AddressRange): number {
  const bits = bitsOf(range.family);
  for (let length = 0; length < bits; length++) {
    const size = 1n << BigInt(bits - length);
    const first = ((range.first + size - 1n) / size) * size;
    if (first + size - 1n <= range.last) return length;
  }
  return bits;
}

function parseSingle(text: string): ParsedRange {
  const range = parseAddress(text);
  return range ? { ok: true, range } : complain(`${quote(text)} is not an IP address`, FORMATS);
}

function parseCidr(text: string): ParsedRange {
  const [address = "", length = "", ...rest] = text.split("/");
  const parsed = parseOne(address);
  if (!parsed || rest.length > 0) return complain(`${quote(text)} is not a network`, FORMATS);
  const bits = bitsOf(parsed.family);
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) {
    return complain(`${quote(text)} has no prefix length from 0 to ${bits}`, FORMATS);
  }
  const hostMask = (1n << BigInt(bits - Number(length))) - 1n;
  const first = parsed.value & ~hostMask;
  const canonical = `${formatAddress(parsed.family, first)}/${Number(length)}`;
  return { ok: true, range: interval(parsed.family, first, first | hostMask, canonical, first !== parsed.value) };
}

function parseInterval(text: string): ParsedRange {
  const ends = text.split("-");
  const [first, last] = ends.map((end) => parseOne(end.trim()));
  if (ends.length !== 2 || !first || !last) return complain(`${quote(text)} is not a range of addresses`, FORMATS);
  if (first.family !== last.family) {
    return complain(
      `${quote(text)} begins in ${first.family} and ends in ${last.family}`,
      "Write a range for each family.",
    );
  }
  if (first.value > last.value) {
    return complain(`${quote(text)} runs backwards`, `Write ${last.canonical}-${first.canonical}.`);
  }
  return {
    ok: true,
    range: interval(first.family, first.value, last.value, `${first.canonical}-${last.canonical}`),
  };
}

/** Strict: no octal or short IPv4 forms, no zone index, no IPv4-mapped IPv6. */
function parseOne(text: string): { family: Family; value: bigint; canonical: string } | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return toValue("IPv4", ipaddr.IPv4.parse(text));
  if (text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  // The URL parser first: ipaddr.js takes ::192.0.2.1 for ::ffff:192.0.2.1.
  const address = ipaddr.IPv6.parse(URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1) ?? text);
  return address.isIPv4MappedAddress() ? undefined : toValue("IPv6", address);
}

function toValue(family: Family, address: ipaddr.IPv4 | ipaddr.IPv6) {
  const value = address.toByteArray().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { family, value, canonical: formatAddress(family, value) };
}

function interval(family: Family, first: bigint, last: bigint, canonical: string, hostBitsSet = false): AddressRange {
  return { family, first, last, canonical, hostBitsSet };
}

function bitsOf(family: Family): 32 | 128 {
  return family === "IPv4" ? 32 : 128;
}

function toIpaddr(family: Family, value: bigint): ipaddr.IPv4 | ipaddr.IPv6 {
  const length = bitsOf(family) / 8;
  const bytes = Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 255n));
  return family === "IPv4" ? new ipaddr.IPv4(bytes) : new ipaddr.IPv6(bytes);
}

function formatAddress(family: Family, value: bigint): string {
  const address = toIpaddr(family, value);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

function formatInterval(family: Family, first: bigint, last: bigint): string {
  return first === last
    ? formatAddress(family, first)
    : `${formatAddress(family, first)}-${formatAddress(family, last)}`;
}

const NEVER_ASSIGNED: Readonly<Record<Family, readonly [cidr: string, what: string][]>> = {
  IPv4: [
    ["0.0.0.0/8", "“this network” (0.0.0.0/8)"],
    ["127.0.0.0/8", "loopback addresses (127.0.0.0/8)"],
    ["169.254.0.0/16", "IPv4 link-local addresses (169.254.0.0/16)"],
    ["224.0.0.0/4", "multicast addresses (224.0.0.0/4)"],
    ["255.255.255.255/32", "the broadcast address"],
  ],
  IPv6: [
    ["::/128", "the unspecified address"],
    ["::1/128", "the loopback address"],
    ["fe80::/10", "link-local addresses (fe80::/10)"],
    ["ff00::/8", "multicast addresses (ff00::/8)"],
  ],
};

function complain(wrong: string, right: string): ParsedRange {
  return { ok: false, complaint: { wrong, right } };
}
