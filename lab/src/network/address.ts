/** Computes the addresses of the lab's WAN: what `wan ADDRESS [PREFIX]` accepts and what follows from it. Pure. */
import { BlockList, isIP, isIPv4, SocketAddress } from "node:net";
import { UsageError } from "../errors.ts";
import { internet, lan, office, wan } from "../topology.ts";

export interface Wan {
  readonly ipv4: string;
  /** `2001:db8:100::/64`: the first half of every LAN host's global address. */
  readonly prefix: string;
}

export const initialWan: Wan = { ipv4: wan.initialIpv4, prefix: wan.initialPrefix };

export const POD_IPV4 = "10.244.0.0/16";
export const POD_IPV6 = "fd00:244::/32";
export const SERVICE_IPV4 = "10.96.0.0/16";
export const SERVICE_IPV6 = "fd00:96::/112";

/**
 * Reads an IPv4 address that the provider can give the router.
 * @throws {UsageError} with what would be right.
 */
export function parseWanIpv4(text: string): string {
  const right = `an IPv4 address such as ${wan.initialIpv4}`;
  if (!isIPv4(text)) throw new UsageError(`"${text}" is not an IPv4 address; right would be ${right}`);
  if (unassignable.check(text)) throw new UsageError(`${text} cannot be a host's address; right would be ${right}`);
  const user = usedIpv4.find(({ net }) => listOf(net).check(text));
  if (user !== undefined)
    throw new UsageError(`${text} is taken by ${user.what} (${user.net}); right would be ${right}`);
  return text;
}

/**
 * Reads an IPv6 prefix of length 64 that the provider can route to the home, and normalises it.
 * @throws {UsageError} with what would be right.
 */
export function parseWanPrefix(text: string): string {
  const right = "a /64 such as 2001:db8:200::/64";
  const [address = "", length, ...rest] = text.split("/");
  if (isIP(address) !== 6 || rest.length > 0 || address.includes("%")) {
    throw new UsageError(`"${text}" is not an IPv6 prefix; right would be ${right}`);
  }
  if (length !== "64") throw new UsageError(`"${text}" is not of length 64; right would be ${right}`);
  const groups = expand(address);
  if (groups.slice(4).some((group) => group !== 0)) {
    throw new UsageError(`"${text}" has bits set behind its length; right would be ${networkOf(groups)}`);
  }
  // Only global unicast (RFC 4291 section 2.4): LAN hosts keep their ULA beside the provider's prefix.
  if ((groups[0] ?? 0) >> 13 !== 1)
    throw new UsageError(`${text} is not global unicast (2000::/3); right would be ${right}`);
  const prefix = networkOf(groups);
  const user = usedIpv6.find(({ net }) => net === prefix);
  if (user !== undefined) throw new UsageError(`${text} is taken by ${user.what}; right would be ${right}`);
  return prefix;
}

/** Returns the address of a host in a /64: the prefix and the last 64 bits of the host's own address. */
export function inPrefix(prefix: string, hostIpv6: string): string {
  const [network = ""] = prefix.split("/");
  return compress([...expand(network).slice(0, 4), ...expand(hostIpv6).slice(4)]);
}

/** Reports whether an address is in 2000::/3, and so comes from a provider and is not a ULA or link-local. */
export function isGlobalIpv6(address: string): boolean {
  return isIP(address) === 6 && (expand(address)[0] ?? 0) >> 13 === 1;
}

const unassignable = listOf("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3");

const usedIpv4 = [
  { net: lan.ipv4, what: "the LAN" },
  { net: office.ipv4, what: "the router's other network" },
  { net: internet.ipv4, what: "the internet's hosts" },
  { net: POD_IPV4, what: "the cluster's pods" },
  { net: SERVICE_IPV4, what: "the cluster's services" },
  { net: `${wan.isp.ipv4}/32`, what: "the provider's own router" },
  { net: `${wan.isp.alternateIpv4}/32`, what: "the provider's STUN server" },
  { net: `${wan.sharedIpv4}/32`, what: "the provider's address translation" },
  // Network and broadcast address of the provider's link.
  { net: "198.51.100.0/32", what: "the provider's link" },
  { net: "198.51.100.255/32", what: "the provider's link" },
];

const usedIpv6 = [
  { net: internet.ipv6, what: "the internet's hosts" },
  { net: wan.ipv6, what: "the provider's link" },
];

function listOf(...nets: string[]): BlockList {
  const list = new BlockList();
  for (const net of nets) {
    const [address = "", length] = net.split("/");
    list.addSubnet(address, Number(length), "ipv4");
  }
  return list;
}

function networkOf(groups: readonly number[]): string {
  return `${compress([...groups.slice(0, 4), 0, 0, 0, 0])}/64`;
}

/** Returns the eight groups of a valid IPv6 address. */
function expand(address: string): number[] {
  const [head = "", tail] = address.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":").flatMap(group));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
}

/** Returns one group, or the two groups of a dotted IPv4 address at the end. */
function group(text: string): number[] {
  if (!text.includes(".")) return [Number.parseInt(text, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = text.split(".").map(Number);
  return [a * 256 + b, c * 256 + d];
}

/** Returns the address as RFC 5952 writes it. */
function compress(groups: readonly number[]): string {
  const full = groups.map((value) => value.toString(16)).join(":");
  return new SocketAddress({ address: full, family: "ipv6" }).address;
}
