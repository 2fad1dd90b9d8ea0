/**
 * Builds the lab's network: a namespace for every host, one for the LAN's switch and one for the provider, and all
 * links and routes between them. Every function establishes a state instead of taking a step towards it, so the next
 * run completes a run that was killed half way. The machine's own network namespace is not changed at all.
 */
import { rmSync } from "node:fs";
import { POD_IPV4, POD_IPV6 } from "./address.ts";
import { hostNames, internetHosts, ISP, LAN_SWITCH, lanHosts, nodes } from "./hosts.ts";
import { namespaceMounts, NETNS_DIR } from "../machine/mounts.ts";
import { writeResolverFiles } from "./resolver.ts";
import { ipBatch, run, shellOnHost } from "../machine/run.ts";
import type { Step } from "../machine/steps.ts";
import { internet, lan, namespaceOf, office, wan, type Host } from "../topology.ts";
import { applyWan, readWan, WAN_LINK } from "./wan.ts";

export async function ensureNetwork(step: Step): Promise<void> {
  await Promise.all([ensureNamespaces(), writeResolverFiles()]);
  await Promise.all(hostNames.map(setKernelParameters));
  await ensureLinks();
  await Promise.all([
    ...[LAN_SWITCH, ISP].map((host) => ipBatch(host, ["link set lo up", "link set bridge up"])),
    ...lanHosts.map((host) => ipBatch(host.name, endHostLines(host, lan.ipv4, lan.ipv6, lan.router))),
    ...internetHosts.map((host) =>
      ipBatch(host.name, endHostLines(host, internet.ipv4, internet.ipv6, internet.gateway)),
    ),
    ipBatch(office.host.name, endHostLines(office.host, office.ipv4, office.ipv6, office.router)),
    ipBatch(lan.router.name, routerLines()),
    ipBatch(ISP, providerLines()),
  ]);
  await Promise.all([...nodes.map((node) => connectPods(node.name)), filterOnRouter(), applyWan(await readWan())]);
  step.progress(`${hostNames.length} namespaces, LAN ${lan.ipv4} and ${lan.ipv6}, provider, internet`);
}

async function ensureNamespaces(): Promise<void> {
  const mounted = namespaceMounts();
  const missing = hostNames.map(namespaceOf).filter((name) => !mounted.has(name));
  // A killed `ip netns add` leaves a file on which no namespace is mounted.
  for (const name of missing) rmSync(`${NETNS_DIR}/${name}`, { force: true });
  if (missing.length === 0) return;
  await run(["ip", "-batch", "-"], { input: missing.map((name) => `netns add ${name}\n`).join("") });
}

const forwarding: readonly string[] = [...nodes.map((node) => node.name), lan.router.name, ISP];

/** Sets the parameters before any link exists, because a new link copies the values of `default`. */
async function setKernelParameters(host: string): Promise<void> {
  const parameters = ["all", "default"].flatMap((scope) => [
    // An address must be usable at once, and only the lab sets routes.
    [`ipv6/conf/${scope}/accept_dad`, "0"],
    [`ipv6/conf/${scope}/accept_ra`, "0"],
    // Old flows keep their old outside address (wan.ts), so replies may come from an address without a route.
    [`ipv4/conf/${scope}/rp_filter`, "0"],
    ...(forwarding.includes(host) ? [[`ipv6/conf/${scope}/forwarding`, "1"]] : []),
  ]);
  if (forwarding.includes(host)) parameters.push(["ipv4/ip_forward", "1"]);
  await shellOnHost(
    host,
    parameters.map(([name, value]) => `echo ${value ?? ""} >/proc/sys/net/${name ?? ""}`).join("\n"),
  );
}

interface Link {
  readonly host: string;
  readonly device: string;
  /** The bridge or host at the other end, and the device there. */
  readonly peerHost: string;
  readonly peerDevice: string;
}

const links: readonly Link[] = [
  ...lanHosts.map((host) => ({ host: host.name, device: "eth0", peerHost: LAN_SWITCH, peerDevice: host.name })),
  { host: lan.router.name, device: "lan0", peerHost: LAN_SWITCH, peerDevice: lan.router.name },
  { host: lan.router.name, device: WAN_LINK.router, peerHost: ISP, peerDevice: WAN_LINK.isp },
  { host: office.host.name, device: "eth0", peerHost: lan.router.name, peerDevice: "office0" },
  // A device's name has at most 15 characters.
  ...internetHosts.map((host) => ({
    host: host.name,
    device: "eth0",
    peerHost: ISP,
    peerDevice: host.name.slice(0, 15),
  })),
];

/** Creates the missing links, with both ends in their namespaces. Deleting a namespace deletes the other end too. */
async function ensureLinks(): Promise<void> {
  const devices = new Map(
    await Promise.all(hostNames.map(async (host): Promise<[string, Set<string>]> => [host, await devicesOf(host)])),
  );
  const bridges = [LAN_SWITCH, ISP].filter((host) => !devices.get(host)?.has("bridge"));
  const missing = links.filter(({ host, device }) => !devices.get(host)?.has(device));
  const lines = [
    ...bridges.map((host) => `link add bridge netns ${namespaceOf(host)} type bridge`),
    ...missing.map(
      ({ host, device, peerHost, peerDevice }) =>
        `link add ${device} netns ${namespaceOf(host)} type veth peer name ${peerDevice} netns ${namespaceOf(peerHost)}`,
    ),
  ];
  if (lines.length > 0) await run(["ip", "-batch", "-"], { input: `${lines.join("\n")}\n` });
  await Promise.all(
    [LAN_SWITCH, ISP].map((host) =>
      ipBatch(
        host,
        links
          .filter((link) => link.peerHost === host && link.peerDevice !== WAN_LINK.isp)
          .map(({ peerDevice }) => `link set ${peerDevice} master bridge up`),
      ),
    ),
  );
}

async function devicesOf(host: string): Promise<Set<string>> {
  const found = JSON.parse(await run(["ip", "-n", namespaceOf(host), "-j", "link", "show"])) as { ifname: string }[];
  return new Set(found.map(({ ifname }) => ifname));
}

function endHostLines(host: Host, ipv4: string, ipv6: string, gateway: { ipv4: string; ipv6: string }): string[] {
  const also = host.alternateIpv4 === undefined ? [] : [host.alternateIpv4];
  return [
    "link set lo up",
    ...[host.ipv4, ...also].map((address) => `address replace ${address}/${lengthOf(ipv4)} dev eth0`),
    `address replace ${host.ipv6}/${lengthOf(ipv6)} dev eth0 nodad`,
    "link set eth0 up",
    `route replace default via ${gateway.ipv4}`,
    `route replace ::/0 via ${gateway.ipv6}`,
  ];
}

function routerLines(): string[] {
  return [
    "link set lo up",
    `address replace ${lan.router.ipv4}/${lengthOf(lan.ipv4)} dev lan0`,
    `address replace ${lan.router.ipv6}/${lengthOf(lan.ipv6)} dev lan0 nodad`,
    "link set lan0 up",
    `address replace ${office.router.ipv4}/${lengthOf(office.ipv4)} dev office0`,
    `address replace ${office.router.ipv6}/${lengthOf(office.ipv6)} dev office0 nodad`,
    "link set office0 up",
    `address replace ${wan.routerIpv6}/${lengthOf(wan.ipv6)} dev ${WAN_LINK.router} nodad`,
    `link set ${WAN_LINK.router} up`,
    // The provider's router need not be in the network of the outside address, as on a PPPoE line.
    `route replace default via ${wan.isp.ipv4} dev ${WAN_LINK.router} onlink`,
    `route replace ::/0 via ${wan.isp.ipv6}`,
  ];
}

function providerLines(): string[] {
  return [
    `address replace ${internet.gateway.ipv4}/${lengthOf(internet.ipv4)} dev bridge`,
    `address replace ${internet.gateway.ipv6}/${lengthOf(internet.ipv6)} dev bridge nodad`,
    ...[wan.isp.ipv4, wan.isp.alternateIpv4].map((ipv4) => `address replace ${ipv4}/32 dev ${WAN_LINK.isp}`),
    `address replace ${wan.isp.ipv6}/${lengthOf(wan.ipv6)} dev ${WAN_LINK.isp} nodad`,
    `link set ${WAN_LINK.isp} up`,
  ];
}

/** Adds routes to the pods of other nodes. Pods leave the cluster under their node's own address, in both families. */
async function connectPods(node: string): Promise<void> {
  const routes = nodes.flatMap((other, i) =>
    other.name === node
      ? []
      : [
          `route replace 10.244.${i + 1}.0/24 via ${other.ipv4}`,
          `route replace fd00:244:${i + 1}::/64 via ${other.ipv6}`,
        ],
  );
  await ipBatch(node, routes);
  await shellOnHost(
    node,
    [
      ensureRule("iptables", "nat", `POSTROUTING -s ${POD_IPV4} ! -d ${POD_IPV4} -j MASQUERADE`),
      ensureRule("ip6tables", "nat", `POSTROUTING -s ${POD_IPV6} ! -d ${POD_IPV6} -j MASQUERADE`),
    ].join("\n"),
  );
}

/** Filters like a home router: only replies to the LAN come in, for IPv6 too. */
async function filterOnRouter(): Promise<void> {
  const rule = `FORWARD -i ${WAN_LINK.router} -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP`;
  await shellOnHost(
    lan.router.name,
    ["iptables", "ip6tables"].map((program) => ensureRule(program, "filter", rule)).join("\n"),
  );
}

function ensureRule(program: string, table: string, rule: string): string {
  return `${program} -w -t ${table} -C ${rule} 2>/dev/null || ${program} -w -t ${table} -A ${rule}`;
}

function lengthOf(net: string): string {
  return net.split("/")[1] ?? "";
}
