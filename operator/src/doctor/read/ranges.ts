/** Addresses of a pool, as MetalLB writes them: one, a CIDR, or the first and the last. Pure. */
import ipaddr from "ipaddr.js";

interface Range {
  readonly first: bigint;
  readonly last: bigint;
  /** 4 or 16. */
  readonly bytes: number;
}

/** The addresses in order, at most `limit` of them; none where it is not a range. */
export function addressesIn(text: string, limit: number): string[] {
  const range = parse(text);
  if (range === undefined) return [];
  const addresses: string[] = [];
  for (let at = range.first; at <= range.last && addresses.length < limit; at++) {
    addresses.push(textOf(at, range.bytes));
  }
  return addresses;
}

export function isIn(text: string, address: string): boolean {
  const range = parse(text);
  if (range === undefined || !ipaddr.isValid(address)) return false;
  const { value, bytes } = numberOf(address);
  return bytes === range.bytes && value >= range.first && value <= range.last;
}

function parse(text: string): Range | undefined {
  const [from = "", to = from] = text.split("-").map((part) => part.trim());
  if (ipaddr.isValidCIDR(text)) {
    const [, length] = ipaddr.parseCIDR(text);
    const { value, bytes } = numberOf(text.slice(0, text.indexOf("/")));
    const size = 1n << BigInt(bytes * 8 - length);
    const first = value - (value % size);
    return { first, last: first + size - 1n, bytes };
  }
  if (!ipaddr.isValid(from) || !ipaddr.isValid(to)) return undefined;
  const [first, last] = [numberOf(from), numberOf(to)];
  return first.bytes === last.bytes ? { first: first.value, last: last.value, bytes: first.bytes } : undefined;
}

function numberOf(address: string): { value: bigint; bytes: number } {
  const bytes = ipaddr.parse(address).toByteArray();
  return { value: bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n), bytes: bytes.length };
}

function textOf(value: bigint, bytes: number): string {
  const list = Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * (bytes - 1 - i))) & 255n));
  return ipaddr.fromByteArray(list).toString();
}
