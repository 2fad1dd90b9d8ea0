import ipaddr from "ipaddr.js";
import { z } from "zod";

/** RFC 1918 and RFC 4193. */
export const PRIVATE_RANGES: readonly string[] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

const pool = z.object({ spec: z.object({ addresses: z.array(z.string()).default([]) }).prefault({}) });

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** One sentence for each entry of an IPAddressPool that reaches beyond `allowed`, a list of CIDRs. */
export function poolProblems(props: unknown, allowed: readonly string[]): string[] {
  const networks = allowed.map(networkOf);
  return pool.parse(props).spec.addresses.flatMap((entry) => {
    const ends = endsOf(entry);
    if (ends === undefined) return [`"${entry}" is neither a CIDR nor a range FIRST-LAST`];
    // A network has no gaps: what it has both ends of, it has wholly.
    if (networks.some((network) => ends.every((end) => contains(network, end)))) return [];
    return [`"${entry}" is not within ${allowed.join(", ")}`];
  });
}

function networkOf(cidr: string): [Address, number] {
  if (!ipaddr.isValidCIDR(cidr)) throw new Error(`pools-in-allowed-ranges: allowed: "${cidr}" is not a CIDR`);
  return ipaddr.parseCIDR(cidr);
}

function endsOf(entry: string): [Address, Address] | undefined {
  const parts = entry.split("-").map((part) => part.trim());
  const [first = "", last] = parts;
  if (last === undefined && ipaddr.isValidCIDR(first)) {
    const family = first.includes(":") ? ipaddr.IPv6 : ipaddr.IPv4;
    return [family.networkAddressFromCIDR(first), family.broadcastAddressFromCIDR(first)];
  }
  if (parts.length !== 2 || ![first, last ?? ""].every((part) => ipaddr.isValid(part))) return undefined;
  return [ipaddr.parse(first), ipaddr.parse(last ?? "")];
}

function contains([network, bits]: [Address, number], address: Address): boolean {
  return network.kind() === address.kind() && address.match([network, bits] as [ipaddr.IPv4, number]);
}
