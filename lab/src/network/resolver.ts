/** Sets the resolver of a host: the home router in the LAN, the authoritative server itself on the internet. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { internetHosts, lanHosts, nodes } from "./hosts.ts";
import { stateDir } from "../paths.ts";
import { homeDomain, internet, lan, type Host } from "../topology.ts";

const dir = join(stateDir, "resolvers");
const files = {
  nodes: join(dir, "nodes.conf"),
  lan: join(dir, "lan.conf"),
  internet: join(dir, "internet.conf"),
} as const;

/** The kubelets make the pods' /etc/resolv.conf from this file, too. */
export const nodeResolverFile = files.nodes;

/** Returns the resolver file of a host. Undefined for a part of the network without names, such as the LAN's switch. */
export function resolverFile(hostName: string): string | undefined {
  if (nodes.some(({ name }) => name === hostName)) return files.nodes;
  if ([...lanHosts, lan.router].some(({ name }) => name === hostName)) return files.lan;
  return internetHosts.some(({ name }) => name === hostName) ? files.internet : undefined;
}

export async function writeResolverFiles(): Promise<void> {
  await mkdir(dir, { recursive: true });
  const lines = ({ ipv4, ipv6 }: Host) => `nameserver ${ipv4}\nnameserver ${ipv6}\n`;
  await Promise.all([
    writeFile(files.nodes, `search ${homeDomain}\n${lines(lan.router)}`),
    writeFile(files.lan, lines(lan.router)),
    writeFile(files.internet, lines(internet.dns)),
  ]);
}
