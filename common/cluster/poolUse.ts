/** How full an address pool is, by family: a Service that needs an IPv4 address is not helped by a free IPv6 one. */
import * as z from "zod";
import type { Family } from "../api/index.ts";

/** No z.int(): of an IPv6 range of /66 or larger MetalLB says 2^63-1, which no double holds exactly. */
const count = z.number().default(0);
/** MetalLB's sum overflows where such a range and another one meet. */
const available = count.transform((n) => (n < Number.MIN_SAFE_INTEGER ? 2 ** 63 : n));

const counts = z.object({
  assignedIPv4: count,
  assignedIPv6: count,
  availableIPv4: available,
  availableIPv6: available,
});

/** status of an IPAddressPool; MetalLB before 0.15 does not say, and leaves an empty one of what a newer one has said. */
export const poolCounts = z
  .strictObject({})
  .transform(() => undefined)
  .or(counts);

export interface FamilyUse {
  readonly family: Family;
  readonly assigned: number;
  readonly available: number;
}

/** Of the families that the pool has addresses of. */
export function familyUses(of: z.output<typeof counts>): FamilyUse[] {
  const both: FamilyUse[] = [
    { family: "IPv4", assigned: of.assignedIPv4, available: of.availableIPv4 },
    { family: "IPv6", assigned: of.assignedIPv6, available: of.availableIPv6 },
  ];
  return both.filter(({ assigned, available }) => assigned + available > 0);
}

/** For people, such as `IPv4 4 of 11 in use`. */
export function useInWords({ family, assigned, available }: FamilyUse): string {
  const total = assigned + available;
  return `${family} ${assigned} of ${total > Number.MAX_SAFE_INTEGER ? "more than 2^53" : total} in use`;
}
