import { contains, parseNetwork, parseRange, type AddressRange } from "@esddns/common/ip";
import { z } from "zod";

/** RFC 1918 and RFC 4193. */
export const PRIVATE_RANGES: readonly string[] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

const pool = z.object({ spec: z.object({ addresses: z.array(z.string()).default([]) }).prefault({}) });

/** One sentence for each entry of an IPAddressPool that reaches beyond `allowed`, a list of CIDRs. */
export function poolProblems(props: unknown, allowed: readonly string[]): string[] {
  const networks = allowed.map(networkOf);
  return pool.parse(props).spec.addresses.flatMap((entry) => {
    const parsed = parseRange(entry.trim());
    // MetalLB takes no single address.
    if (!parsed.ok || !/[-/]/.test(entry)) return [`"${entry}" is neither a CIDR nor a range FIRST-LAST`];
    if (networks.some((network) => contains(network, parsed.range))) return [];
    return [`"${entry}" is not within ${allowed.join(", ")}`];
  });
}

function networkOf(cidr: string): AddressRange {
  const parsed = cidr.includes("/") ? parseNetwork(cidr) : undefined;
  if (parsed?.ok !== true) throw new Error(`pools-in-allowed-ranges: allowed: "${cidr}" is not a CIDR`);
  return parsed.range;
}
