import { isIPv4, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import type { Family } from "../api/index.ts";

/** A parsed address: its family and its one canonical text (RFC 5952 for IPv6). */
export interface Address {
  readonly family: Family;
  readonly text: string;
}

/** Parses strictly: four decimal numbers, or RFC 4291 text without a zone. Returns undefined for anything else. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: "IPv4", text };
  if (!isIPv6(text) || text.includes("%")) return undefined;
  // A URL's host is canonical by RFC 5952. ipaddr.js would mistake ::192.0.2.1 for ::ffff:192.0.2.1.
  return { family: "IPv6", text: new URL(`http://[${text}]`).hostname.slice(1, -1) };
}

/** Returns the prefix of that length that contains an IPv6 address, as canonical CIDR. */
export function prefixOf(ipv6: string, length: number): string {
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${ipv6}/${length}`).toRFC5952String()}/${length}`;
}

/** Reports whether it is an IPv4-mapped IPv6 address, ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2). */
export function isIpv4Mapped({ family, text }: Address): boolean {
  return family === "IPv6" && ipaddr.IPv6.parse(text).isIPv4MappedAddress();
}
