import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Service } from "../machine/service.ts";
import { internet, zones, type Host } from "../topology.ts";
import { configured } from "./configured.ts";
import { tsigKeyFile } from "./dns.ts";
import { caCertificate, gandiControlSocket, gandiTokenFile, put, readIfThere, tlsFiles } from "./files.ts";
import { publicName } from "./names.ts";
import { getHttps } from "./probe.ts";

/** Makes the token of the stand-in's account, once. */
export async function prepareToken(): Promise<void> {
  if ((await readIfThere(gandiTokenFile)) !== undefined) return;
  await put(gandiTokenFile, `${randomBytes(20).toString("hex")}\n`, 0o600);
}

/** The echo services; one of them ends its answer with a newline, as its original does. */
export async function echoServices(): Promise<Service[]> {
  return Promise.all([
    echoService(internet.echoIpify, []),
    echoService(internet.echoAmazon, ["--newline"]),
    echoService(internet.echoIfconfig, []),
  ]);
}

async function echoService(host: Host, flags: readonly string[]): Promise<Service> {
  const service: Service = {
    name: host.name,
    host: host.name,
    command: nodeCommand("echoServer.ts", host, flags),
    ready: async () => {
      for (const address of [host.ipv4, host.ipv6]) {
        const name = publicName(host);
        const body = await getHttps(host.name, { address, name, path: "/", caFile: caCertificate });
        if (body.trim() !== address) throw new Error(`${name} at ${address} says "${body}"`);
      }
    },
  };
  return configured(service, await filesOf(host, ["."]));
}

/** The stand-in for Gandi's LiveDNS API. Needs the authoritative DNS server. */
export async function gandiService(): Promise<Service> {
  const host = internet.gandi;
  const service: Service = {
    name: "gandi",
    host: host.name,
    command: nodeCommand("gandi/server.ts", host, [
      ...["--token-file", gandiTokenFile, "--control", gandiControlSocket],
      ...["--dns", internet.dns.ipv4, "--tsig-key", tsigKeyFile],
      ...zones.flatMap((zone) => ["--zone", zone]),
    ]),
    ready: async () => {
      const header = `Authorization: Bearer ${(await readFile(gandiTokenFile, "utf8")).trim()}`;
      const path = `/v5/livedns/domains/${zones[0]}/records`;
      for (const address of [host.ipv4, host.ipv6]) {
        await getHttps(host.name, { address, name: publicName(host), path, caFile: caCertificate, header });
      }
    },
  };
  return configured(service, [gandiTokenFile, tsigKeyFile, ...(await filesOf(host, [".", "gandi"]))]);
}

function nodeCommand(script: string, host: Host, flags: readonly string[]): readonly [string, ...string[]] {
  const tls = tlsFiles(host.name);
  return [process.execPath, join(import.meta.dirname, script), "--cert", tls.certificate, "--key", tls.key, ...flags];
}

/** What such a process reads at its start: its certificate, and its own program. */
async function filesOf(host: Host, folders: readonly string[]): Promise<string[]> {
  const { certificate, key } = tlsFiles(host.name);
  const files = [certificate, key];
  for (const folder of folders.map((name) => join(import.meta.dirname, name))) {
    const program = (await readdir(folder)).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
    files.push(...program.sort().map((name) => join(folder, name)));
  }
  return files;
}
