import ipaddr from "ipaddr.js";
import { parseAddress } from "@esddns/common/ip";

/**
 * Joins an IPv6 prefix and a host part into an address in canonical form.
 * @param prefix CIDR, for example 2001:db8:100::/64. Bits after the prefix length are ignored.
 * @param suffix an IPv6 address that is zero in the bits of the prefix, for example ::10.
 * @returns a problem in words if either argument is not valid, or if the two overlap.
 */
export function joinPrefix(prefix: string, suffix: string): { address: string } | { problem: string } {
  const [network, length] = parsePrefix(prefix) ?? [];
  if (network === undefined || length === undefined) return { problem: `"${prefix}" is not an IPv6 prefix` };
  const host = parseIpv6(suffix);
  if (host === undefined) return { problem: `"${suffix}" is not an IPv6 address` };
  const hostBits = BigInt(128 - length);
  if (host >> hostBits !== 0n) {
    return { problem: `${suffix} reaches into the first ${length} bits, which are the prefix's` };
  }
  return { address: formatIpv6(((network >> hostBits) << hostBits) | host) };
}

/** Returns a record's value in a form that can be compared. A value that is not an address is only lowercased. */
export function canonicalValue(value: string): string {
  return parseAddress(value)?.text ?? value.toLowerCase();
}

/** Returns whether two rrsets have the same values, in any order and notation. */
export function sameValues(a: readonly string[], b: readonly string[]): boolean {
  const left = new Set(a.map(canonicalValue));
  const right = new Set(b.map(canonicalValue));
  return left.size === right.size && [...left].every((value) => right.has(value));
}

function parsePrefix(cidr: string): [network: bigint, length: number] | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(cidr);
  const network = parseIpv6(match?.[1] ?? "");
  const length = Number(match?.[2]);
  return network === undefined || length > 128 ? undefined : [network, length];
}

function parseIpv6(text: string): bigint | undefined {
  const address = parseAddress(text);
  if (address?.family !== "IPv6") return undefined;
  return ipaddr.IPv6.parse(address.text).parts.reduce((bits, part) => (bits << 16n) | BigInt(part), 0n);
}

function formatIpv6(bits: bigint): string {
  const parts = Array.from({ length: 8 }, (_, group) => Number((bits >> BigInt(16 * (7 - group))) & 0xffffn));
  return new ipaddr.IPv6(parts).toRFC5952String();
}
