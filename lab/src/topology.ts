/**
 * Every host of the lab: its network namespace, its addresses and the names under which the lab's DNS knows it.
 *
 * ```
 *  LAN 192.168.1.0/24, fd00:192:168:1::/64 (+ the ISP's prefix)       "internet" 203.0.113.0/24, 2001:db8:beef::/64
 *  node1 ─┐                                                            ┌─ STUN servers, echo services
 *  node2 ─┼─ lan ─ router ─ 198.51.100.0/24, 2001:db8:ffff::/64 ─ isp ─┼─ authoritative DNS
 *  client ┘         │ (NAT for IPv4, routed prefix for IPv6,            └─ Gandi LiveDNS stand-in
 *                   │  NAT-PMP and PCP)
 *                   └─ office   (192.168.2.0/24, fd00:192:168:2::/64: the router's other network)
 * ```
 * Addresses are those that RFC 5737 and RFC 3849 reserve for documentation: nothing real can be reached by mistake.
 */
export const NAMESPACE_PREFIX = "esddns-";

export interface Host {
  /** The name that users type: `npm run lab -- exec HOST …`. The network namespace is `esddns-HOST`. */
  readonly name: string;
  readonly ipv4: string;
  readonly ipv6: string;
  /** A second address of the same network: an RFC 3489 server answers from two. */
  readonly alternateIpv4?: string;
  /** Names of the real world under which the lab's DNS publishes the host. */
  readonly dnsNames: readonly string[];
}

const host = (name: string, ipv4: string, ipv6: string, dnsNames: readonly string[] = []): Host => ({
  name,
  ipv4,
  ipv6,
  dnsNames,
});

export const lan = {
  ipv4: "192.168.1.0/24",
  ipv6: "fd00:192:168:1::/64",
  router: host("router", "192.168.1.1", "fd00:192:168:1::1"),
  node1: host("node1", "192.168.1.11", "fd00:192:168:1::11"),
  node2: host("node2", "192.168.1.12", "fd00:192:168:1::12"),
  client: host("client", "192.168.1.50", "fd00:192:168:1::50"),
} as const;

/** The router's other network. A host in it reaches the LAN only through the router. It has no way out. */
export const office = {
  ipv4: "192.168.2.0/24",
  ipv6: "fd00:192:168:2::/64",
  router: { ipv4: "192.168.2.1", ipv6: "fd00:192:168:2::1" },
  host: host("office", "192.168.2.50", "fd00:192:168:2::50"),
} as const;

/** The link between the home router and its provider. */
export const wan = {
  /** The alternate address belongs to its STUN server, which answers from two. */
  isp: { ipv4: "198.51.100.1", alternateIpv4: "198.51.100.2", ipv6: "2001:db8:ffff::1" },
  /** The address that many customers share while the provider translates addresses (the trouble `cgnat`). */
  sharedIpv4: "198.51.100.3",
  /** The router's first outside address. `npm run lab -- wan ADDRESS` changes it. */
  initialIpv4: "198.51.100.20",
  ipv4: "198.51.100.0/24",
  ipv6: "2001:db8:ffff::/64",
  routerIpv6: "2001:db8:ffff::2",
  /** The prefix that the provider routes to the home first. LAN hosts have PREFIX::<last group of their own>. */
  initialPrefix: "2001:db8:100::/64",
} as const;

export const internet = {
  ipv4: "203.0.113.0/24",
  ipv6: "2001:db8:beef::/64",
  gateway: { ipv4: "203.0.113.1", ipv6: "2001:db8:beef::1" },
  stunGoogle: host("stun-google", "203.0.113.11", "2001:db8:beef::11", ["stun.l.google.com"]),
  stunCloudflare: host("stun-cloudflare", "203.0.113.12", "2001:db8:beef::12", ["stun.cloudflare.com"]),
  stunTwilio: host("stun-twilio", "203.0.113.13", "2001:db8:beef::13", ["global.stun.twilio.com"]),
  stunNextcloud: host("stun-nextcloud", "203.0.113.14", "2001:db8:beef::14", ["stun.nextcloud.com"]),
  stunSipgate: {
    ...host("stun-sipgate", "203.0.113.15", "2001:db8:beef::15", ["stun.sipgate.net"]),
    alternateIpv4: "203.0.113.16",
  },
  echoIpify: host("echo-ipify", "203.0.113.21", "2001:db8:beef::21", ["api.ipify.org", "api6.ipify.org"]),
  echoAmazon: host("echo-amazon", "203.0.113.22", "2001:db8:beef::22", ["checkip.amazonaws.com"]),
  echoIfconfig: host("echo-ifconfig", "203.0.113.23", "2001:db8:beef::23", ["ifconfig.me"]),
  gandi: host("gandi", "203.0.113.31", "2001:db8:beef::31", ["api.gandi.net"]),
  dns: host("dns", "203.0.113.41", "2001:db8:beef::41", ["ns1.gandi.net"]),
} as const;

/** The zones that the Gandi stand-in's account owns, served by the authoritative DNS server. */
export const zones = ["example.com", "example.net"] as const;

/**
 * The domain of the home's own devices, which is the nodes' search domain. A wildcard record resolves every name below
 * it to the router. So a program that tries search domains first never reaches a host of the internet.
 */
export const homeDomain = "house.example";

export function namespaceOf(hostName: string): string {
  return NAMESPACE_PREFIX + hostName;
}
