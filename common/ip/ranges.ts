/**
 * The one parser of address ranges. Single addresses, ranges and CIDRs of both families become one kind of interval.
 */
import ipaddr from "ipaddr.js";
import type { Family } from "../api/index.ts";
import { isIpv4Mapped, parseAddress } from "./address.ts";

/** An interval of addresses of one family, including both ends. */
export interface AddressRange {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
  /** In MetalLB's notation: `10.0.0.96/28`, `10.0.0.1-10.0.0.9`, `10.0.0.7/32`. */
  readonly canonical: string;
  /** The text was a CIDR whose address is not the first of its network. */
  readonly hostBitsSet: boolean;
}

/** `wrong` is the end of a sentence that begins with the text. `right` is a sentence. */
export type ParsedRange =
  { readonly ok: true; readonly range: AddressRange } | { readonly ok: false; wrong: string; right: string };

const FORMATS =
  "Write an address (192.168.1.100), a range (192.168.1.100-192.168.1.110) or a CIDR (192.168.1.0/28), IPv4 or IPv6.";

/** Parses `192.168.1.100`, `192.168.1.100/32`, `192.168.1.100-192.168.1.110`, `fd00::/120`. */
export function parseRange(text: string): ParsedRange {
  return text.includes("-") ? parseInterval(text) : parseNetwork(text);
}

/** Parses a CIDR and clears its host bits, or parses a single address. */
export function parseNetwork(text: string): ParsedRange {
  if (text.includes("/")) return parseCidr(text);
  const range = parseSingle(text);
  return range ? { ok: true, range } : unreadable("is not an IP address");
}

/** Parses one address without a prefix length. Returns undefined for anything else. */
export function parseSingle(text: string): AddressRange | undefined {
  const parsed = parseEnd(text);
  if (parsed === undefined) return undefined;
  const { family, value, canonical } = parsed;
  return interval(family, value, value, `${canonical}/${bitsOf(family)}`);
}

/** Returns the ranges among the texts. Unreadable texts are skipped: other programs wrote them into the cluster. */
export function readableRanges(texts: readonly string[]): AddressRange[] {
  return texts.flatMap((text) => {
    const parsed = parseRange(text);
    return parsed.ok ? [parsed.range] : [];
  });
}

/** Returns the addresses that are in both ranges, or undefined. */
export function intersection(a: AddressRange, b: AddressRange): AddressRange | undefined {
  if (a.family !== b.family) return undefined;
  const first = a.first > b.first ? a.first : b.first;
  const last = a.last < b.last ? a.last : b.last;
  if (first > last) return undefined;
  const ends = { first: formatAddress(a.family, first), last: formatAddress(a.family, last) };
  const canonical = first === last ? `${ends.first}/${bitsOf(a.family)}` : `${ends.first}-${ends.last}`;
  return interval(a.family, first, last, canonical);
}

/** Returns the same as text: `10.0.0.96-10.0.0.111`, or the address if it is only one. */
export function overlap(a: AddressRange, b: AddressRange): string | undefined {
  const common = intersection(a, b);
  return common && describeRange(common);
}

export function contains(outer: AddressRange, inner: AddressRange): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** Returns the interval as text: `10.0.0.96-10.0.0.111`, or the address if it is only one. */
export function describeRange(range: AddressRange): string {
  const { first, last } = endsOf(range);
  return first === last ? first : `${first}-${last}`;
}

/** Returns the first and the last address, each in its canonical spelling. */
export function endsOf({ family, first, last }: AddressRange): { readonly first: string; readonly last: string } {
  return { first: formatAddress(family, first), last: formatAddress(family, last) };
}

/** Returns the addresses in order, at most `limit` of them. */
export function addressesOf({ family, first, last }: AddressRange, limit: number): string[] {
  const addresses: string[] = [];
  for (let at = first; at <= last && addresses.length < limit; at++) addresses.push(formatAddress(family, at));
  return addresses;
}

/** Returns how many bits an address of the family has. */
export function bitsOf(family: Family): 32 | 128 {
  return family === "IPv4" ? 32 : 128;
}

function parseCidr(text: string): ParsedRange {
  const [address = "", length = "", ...rest] = text.split("/");
  const parsed = parseEnd(address);
  if (!parsed || rest.length > 0) return unreadable("is not a network");
  const bits = bitsOf(parsed.family);
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) {
    return unreadable(`has no prefix length from 0 to ${bits}`);
  }
  const hostMask = (1n << BigInt(bits - Number(length))) - 1n;
  const first = parsed.value & ~hostMask;
  const canonical = `${formatAddress(parsed.family, first)}/${Number(length)}`;
  return { ok: true, range: interval(parsed.family, first, first | hostMask, canonical, first !== parsed.value) };
}

function parseInterval(text: string): ParsedRange {
  const ends = text.split("-");
  const [first, last] = ends.map((end) => parseEnd(end.trim()));
  if (ends.length !== 2 || !first || !last) return unreadable("is not a range of addresses");
  if (first.family !== last.family) {
    return unreadable(`begins in ${first.family} and ends in ${last.family}`, "Write a range for each family.");
  }
  if (first.value > last.value) {
    return unreadable("runs backwards", `Write ${last.canonical}-${first.canonical}.`);
  }
  return {
    ok: true,
    range: interval(first.family, first.value, last.value, `${first.canonical}-${last.canonical}`),
  };
}

/** Parses as strictly as parseAddress, and rejects IPv4-mapped IPv6, which is never the address of a host. */
function parseEnd(text: string): { family: Family; value: bigint; canonical: string } | undefined {
  const address = parseAddress(text);
  if (address === undefined || isIpv4Mapped(address)) return undefined;
  const value = ipaddr
    .parse(address.text)
    .toByteArray()
    .reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { family: address.family, value, canonical: address.text };
}

function interval(family: Family, first: bigint, last: bigint, canonical: string, hostBitsSet = false): AddressRange {
  return { family, first, last, canonical, hostBitsSet };
}

function formatAddress(family: Family, value: bigint): string {
  const length = bitsOf(family) / 8;
  const bytes = Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 255n));
  return family === "IPv4" ? new ipaddr.IPv4(bytes).toString() : new ipaddr.IPv6(bytes).toRFC5952String();
}

function unreadable(wrong: string, right = FORMATS): ParsedRange {
  return { ok: false, wrong, right };
}
