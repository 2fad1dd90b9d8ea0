/** miniupnpd of the lab's router, as text: its configuration and the table that it writes mappings into. Pure. */
import { lan, wan } from "../../topology.ts";
import { WAN_LINK } from "../../network/wan.ts";

/** Names that miniupnpd is told, and finds. */
const chains = { forward: "mappings", nat: "prerouting_mappings", postrouting: "postrouting_mappings" } as const;
export const TABLE = "upnp";

/**
 * miniupnpd.conf. It tells nobody an address that is reserved, be it for private networks or for documentation, and so
 * would tell none of the lab's, and takes none of them for `ext_ip` either; but it does believe a STUN server. The one
 * that is asked stands in the provider's network and answers with the address that the router has on the line: the
 * address that a router usually reads off its own interface, and not the one that the internet sees.
 *
 * UPnP is on because only then miniupnpd notices by itself that the address has changed.
 */
export function renderMiniupnpd(): string {
  return `ext_ifname=${WAN_LINK.router}
listening_ip=lan0
ext_perform_stun=yes
ext_stun_host=${wan.isp.ipv4}
ext_stun_port=3478
enable_natpmp=yes
enable_upnp=yes
ipv6_disable=yes
http_port=5000
uuid=00000000-0000-4000-8000-000000000001
upnp_table_name=${TABLE}
upnp_nat_table_name=${TABLE}
upnp_forward_chain=${chains.forward}
upnp_nat_chain=${chains.nat}
upnp_nat_postrouting_chain=${chains.postrouting}
allow 1024-65535 ${lan.ipv4} 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
`;
}

/** For `nft -f`. A table of its own: iptables knows nothing of it, and what iptables drops stays dropped. */
export function renderTable(): string {
  return `table inet ${TABLE} {
  chain ${chains.forward} {}
  chain ${chains.nat} {}
  chain ${chains.postrouting} {}
  chain forward { type filter hook forward priority filter; jump ${chains.forward}; }
  chain prerouting { type nat hook prerouting priority dstnat; jump ${chains.nat}; }
  chain postrouting { type nat hook postrouting priority srcnat; jump ${chains.postrouting}; }
}
`;
}

/** `natpmpc`: the address that the router tells; undefined where it tells none. */
export function toldAddress(natpmpc: string): string | undefined {
  return /^Public IP address : (\S+)$/m.exec(natpmpc)?.[1];
}
