/** Addresses of a pool in MetalLB's notation: a single one, a CIDR, or the first and the last. Pure. */
import { addressesOf, contains, parseRange, parseSingle } from "@esddns/common/ip";

/** Returns the addresses in order, at most `limit` of them. Empty if the text is not a range. */
export function addressesIn(text: string, limit: number): string[] {
  const parsed = parseRange(text);
  return parsed.ok ? addressesOf(parsed.range, limit) : [];
}

export function isIn(text: string, address: string): boolean {
  const [parsed, single] = [parseRange(text), parseSingle(address)];
  return parsed.ok && single !== undefined && contains(parsed.range, single);
}
