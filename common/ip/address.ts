import { isIPv4, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import type { Family } from "../api/index.ts";

/** An address that has been parsed: its family and its one canonical text (RFC 5952 for IPv6). */
export interface Address {
  readonly family: Family;
  readonly text: string;
}

/** Strict: four decimal numbers, or RFC 4291 text without a zone; undefined for anything else. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: "IPv4", text };
  if (!isIPv6(text) || text.includes("%")) return undefined;
  // A URL's host is canonical by RFC 5952; ipaddr.js would take ::192.0.2.1 for ::ffff:192.0.2.1.
  return { family: "IPv6", text: new URL(`http://[${text}]`).hostname.slice(1, -1) };
}

/** The prefix of that length in which an IPv6 address lies, as canonical CIDR. */
export function prefixOf(ipv6: string, length: number): string {
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${ipv6}/${length}`).toRFC5952String()}/${length}`;
}

/** Whether it is an IPv4 address in IPv6 clothes, ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2). */
export function isIpv4Mapped({ family, text }: Address): boolean {
  return family === "IPv6" && ipaddr.IPv6.parse(text).isIPv4MappedAddress();
}
