/**
 * The home's outside addresses, and how they change. A change is written down first and then applied, so the next `up`
 * completes a killed change.
 *
 * The provider keeps delivering packets for an IPv4 address that the home had before, and the router's old NAT entries
 * stay. So an old flow goes on under its old address, which misleads a program that reuses sockets.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { initialWan, inPrefix, isGlobalIpv6, type Wan } from "./address.ts";
import { ISP, lanHosts } from "./hosts.ts";
import { stateDir } from "../paths.ts";
import { ipBatch, run, shellOnHost } from "../machine/run.ts";
import { lan, namespaceOf, wan } from "../topology.ts";

/** The two ends of the line between the router and the provider. */
export const WAN_LINK = { router: "wan0", isp: "home" } as const;

const wanFile = join(stateDir, "wan.json");

/** Reads the outside addresses that the home should have. */
export async function readWan(): Promise<Wan> {
  return readFile(wanFile, "utf8").then(
    (text) => JSON.parse(text) as Wan,
    () => initialWan,
  );
}

export async function changeWan(wanted: Wan): Promise<void> {
  await mkdir(stateDir, { recursive: true });
  await writeFile(`${wanFile}.part`, JSON.stringify(wanted));
  await rename(`${wanFile}.part`, wanFile);
  await applyWan(wanted);
}

/** Sets the addresses, routes and the NAT rule to `wanted`. Needs the links of network.ts. */
export async function applyWan(wanted: Wan): Promise<void> {
  await ipBatch(ISP, [
    // Through the router's IPv6 address (RFC 8950), so the route needs no IPv4 address there that stays the same.
    `route replace ${wanted.ipv4}/32 via inet6 ${wan.routerIpv6} dev ${WAN_LINK.isp}`,
    ...(await routedPrefixes()).filter((prefix) => prefix !== wanted.prefix).map((prefix) => `route delete ${prefix}`),
    `route replace ${wanted.prefix} via ${wan.routerIpv6} dev ${WAN_LINK.isp}`,
  ]);
  await Promise.all([applyRouterIpv4(wanted.ipv4), applyPrefix(wanted.prefix)]);
}

async function applyRouterIpv4(ipv4: string): Promise<void> {
  const router = lan.router.name;
  await ipBatch(router, [`address replace ${ipv4}/32 dev ${WAN_LINK.router}`]);
  // SNAT and not MASQUERADE, which would forget the flows of an address when that address is removed. Restoring the
  // chain replaces its only rule in a single step, and leaves other chains alone.
  await shellOnHost(
    router,
    `iptables-restore -w --noflush <<END
*nat
:ESDDNS-WAN - [0:0]
-A ESDDNS-WAN -s ${lan.ipv4} -j SNAT --to-source ${ipv4}
COMMIT
END
jump="POSTROUTING -o ${WAN_LINK.router} -j ESDDNS-WAN"
iptables -w -t nat -C $jump 2>/dev/null || iptables -w -t nat -A $jump`,
  );
  const old = (await addressesOf(router, WAN_LINK.router, "inet")).filter(({ local }) => local !== ipv4);
  await ipBatch(
    router,
    old.map(({ local, prefixlen }) => `address delete ${local}/${prefixlen} dev ${WAN_LINK.router}`),
  );
}

/** Gives the router and every LAN host an address in the prefix, and removes those in an older one. */
async function applyPrefix(prefix: string): Promise<void> {
  const interfaces = [...lanHosts.map((host) => ({ host, device: "eth0" })), { host: lan.router, device: "lan0" }];
  await Promise.all(
    interfaces.map(async ({ host, device }) => {
      const address = inPrefix(prefix, host.ipv6);
      await ipBatch(host.name, [`address replace ${address}/64 dev ${device} nodad`]);
      const old = (await addressesOf(host.name, device, "inet6"))
        .map(({ local }) => local)
        .filter((local) => isGlobalIpv6(local) && local !== address);
      await ipBatch(
        host.name,
        old.map((local) => `address delete ${local}/64 dev ${device}`),
      );
    }),
  );
}

async function routedPrefixes(): Promise<string[]> {
  const routes = await run(["ip", "-n", namespaceOf(ISP), "-6", "-j", "route", "show", "via", wan.routerIpv6]);
  return (JSON.parse(routes) as { dst: string }[]).map(({ dst }) => dst);
}

interface InterfaceAddress {
  readonly local: string;
  readonly prefixlen: number;
}

async function addressesOf(host: string, device: string, family: "inet" | "inet6"): Promise<InterfaceAddress[]> {
  const shown = await run(["ip", "-n", namespaceOf(host), "-j", "-f", family, "address", "show", "dev", device]);
  const found = JSON.parse(shown) as { addr_info?: Partial<InterfaceAddress>[] }[];
  // Some versions of ip leave an empty object for each address of the other family.
  return found
    .flatMap(({ addr_info = [] }) => addr_info)
    .filter((address): address is InterfaceAddress => address.local !== undefined);
}
