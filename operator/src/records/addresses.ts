import ipaddr from "ipaddr.js";
import { parseAddress } from "@esddns/common/ip";

/**
 * The address in an IPv6 prefix that has the given host part, in canonical form.
 * @param prefix CIDR, for instance 2001:db8:100::/64; bits after its length do not count.
 * @param suffix an IPv6 address whose first bits, as many as the prefix is long, are zero: ::10.
 * @returns a problem, in words, where either is no such thing, or the two overlap.
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

/** A value of an A or AAAA record in the one form that can be compared; what is no address only loses its case. */
export function canonicalValue(value: string): string {
  return parseAddress(value)?.text ?? value.toLowerCase();
}

/** Whether two rrsets have the same values, in whatever order and notation. */
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
