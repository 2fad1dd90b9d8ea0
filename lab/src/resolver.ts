/** Who resolves names for a host: in the LAN the home router, on the internet the authoritative server itself. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { internetHosts, lanHosts } from "./hosts.ts";
import { stateDir } from "./paths.ts";
import { internet, lan, type Host } from "./topology.ts";

const dir = join(stateDir, "resolvers");
const files = { lan: join(dir, "lan.conf"), internet: join(dir, "internet.conf") } as const;

/** What nodes give their pods as /etc/resolv.conf, too. */
export const lanResolverFile = files.lan;

/** undefined: a part of the network that has no names, such as the LAN's switch. */
export function resolverFile(hostName: string): string | undefined {
  if ([...lanHosts, lan.router].some(({ name }) => name === hostName)) return files.lan;
  return internetHosts.some(({ name }) => name === hostName) ? files.internet : undefined;
}

export async function writeResolverFiles(): Promise<void> {
  await mkdir(dir, { recursive: true });
  const lines = ({ ipv4, ipv6 }: Host) => `nameserver ${ipv4}\nnameserver ${ipv6}\n`;
  await Promise.all([writeFile(files.lan, lines(lan.router)), writeFile(files.internet, lines(internet.dns))]);
}
