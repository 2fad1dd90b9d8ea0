/** How full an address pool is, by family: a free IPv6 address does not help a Service that needs IPv4. */
import * as z from "zod";
import type { Family } from "../api/index.ts";

/** No z.int(): for an IPv6 range of /66 or larger MetalLB reports 2^63-1, which no double holds exactly. */
const count = z.number().default(0);
/** MetalLB's sum overflows if a pool has such a range and another one. */
const available = count.transform((n) => (n < Number.MIN_SAFE_INTEGER ? 2 ** 63 : n));

const counts = z.object({
  assignedIPv4: count,
  assignedIPv6: count,
  availableIPv4: available,
  availableIPv6: available,
});

/** The status of an IPAddressPool. MetalLB before 0.15 does not write it, and empties what a newer version wrote. */
export const poolCounts = z
  .strictObject({})
  .transform(() => undefined)
  .or(counts);

export interface FamilyUse {
  readonly family: Family;
  readonly assigned: number;
  readonly available: number;
}

/** Returns the use of each family of which the pool has addresses. */
export function familyUses(of: z.output<typeof counts>): FamilyUse[] {
  const both: FamilyUse[] = [
    { family: "IPv4", assigned: of.assignedIPv4, available: of.availableIPv4 },
    { family: "IPv6", assigned: of.assignedIPv6, available: of.availableIPv6 },
  ];
  return both.filter(({ assigned, available }) => assigned + available > 0);
}

/** Describes a use for people, for example `IPv4 4 of 11 in use`. */
export function useInWords({ family, assigned, available }: FamilyUse): string {
  const total = assigned + available;
  return `${family} ${assigned} of ${total > Number.MAX_SAFE_INTEGER ? "more than 2^53" : total} in use`;
}

/** From this share on it is time to add addresses. */
export const NEARLY_FULL = 0.8;

export function isNearlyFull({ assigned, available }: FamilyUse): boolean {
  return assigned >= NEARLY_FULL * (assigned + available);
}
