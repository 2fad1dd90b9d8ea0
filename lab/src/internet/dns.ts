import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Service } from "../machine/service.ts";
import { internet, lan, zones as gandiZones } from "../topology.ts";
import { configured } from "./configured.ts";
import { internetDir, put, readIfThere } from "./files.ts";
import { publicName } from "./names.ts";
import { expectDns } from "./probe.ts";
import { accountZones, worldZones } from "./zones.ts";

const knotDir = join(internetDir, "knot");
const knotConfig = join(knotDir, "knot.conf");
const dnsmasqConfig = join(internetDir, "dnsmasq.conf");

/** The TSIG key with which the Gandi stand-in reads and changes its zones, as dig and nsupdate take it. */
export const tsigKeyFile = join(knotDir, "gandi.key");
const TSIG_NAME = "gandi-livedns";

/** Writes keys, zone files and configurations. The account's zones stay as they are once they exist. */
export async function prepareDns(): Promise<void> {
  // Knot makes neither of the folders that it writes to.
  for (const folder of ["run", "db"]) await mkdir(join(knotDir, folder), { recursive: true });
  const secret = await tsigSecret();
  for (const zone of worldZones()) await put(zoneFile(zone.name), zone.text);
  for (const zone of accountZones()) {
    if ((await readIfThere(zoneFile(zone.name))) === undefined) await put(zoneFile(zone.name), zone.text);
  }
  await put(knotConfig, renderKnot({ dir: knotDir, secret, worldZones: worldZones().map(({ name }) => name) }), 0o600);
  await put(dnsmasqConfig, renderDnsmasq(join(internetDir, "dnsmasq.pid")));
}

/** The authoritative server of every zone, and the home router's forwarding resolver. */
export async function dnsServices(): Promise<Service[]> {
  return [
    await configured(knotService(), [knotConfig, ...worldZones().map(({ name }) => zoneFile(name))]),
    await configured(dnsmasqService(), [dnsmasqConfig]),
  ];
}

function knotService(): Service {
  const { name, ipv4, ipv6 } = internet.dns;
  return {
    name: "knot",
    host: name,
    command: ["/usr/sbin/knotd", "--config", knotConfig],
    ready: async () => {
      for (const zone of gandiZones) {
        for (const address of [ipv4, ipv6]) {
          await expectDns(name, address, [zone, "NS"], `${publicName(internet.dns)}.`);
        }
      }
    },
  };
}

function dnsmasqService(): Service {
  return {
    name: "dnsmasq",
    host: lan.router.name,
    command: ["/usr/sbin/dnsmasq", "--keep-in-foreground", `--conf-file=${dnsmasqConfig}`],
    ready: async () => {
      for (const address of [lan.router.ipv4, lan.router.ipv6]) {
        await expectDns(lan.client.name, address, [publicName(internet.dns), "A"], internet.dns.ipv4);
      }
    },
  };
}

/**
 * Knot's configuration. Dynamic updates go to its journal before they are answered, and to the zone file at once,
 * so an update survives any end of the process.
 */
export function renderKnot(options: { dir: string; secret: string; worldZones: readonly string[] }): string {
  const { dir, secret, worldZones } = options;
  const { ipv4, ipv6 } = internet.gandi;
  return `server:
    rundir: ${dir}/run
    listen: [ 0.0.0.0@53, "::@53" ]
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1

log:
  - target: stdout
    any: info

database:
    storage: ${dir}/db
    journal-db-max-size: 64M

key:
  - id: ${TSIG_NAME}
    algorithm: hmac-sha256
    secret: ${secret}

acl:
  - id: ${TSIG_NAME}
    address: [ ${ipv4}, "${ipv6}" ]
    key: ${TSIG_NAME}
    action: [ transfer, update ]

template:
  - id: default
    storage: ${dir}/zones
    semantic-checks: off
    journal-content: none
    zonefile-sync: -1
  - id: account
    storage: ${dir}/zones
    journal-content: changes
    zonefile-sync: 0
    serial-policy: increment
    acl: ${TSIG_NAME}

zone:
${worldZones.map((name) => `  - domain: ${name}.\n    file: ${zoneFileName(name)}\n`).join("")}${gandiZones
    .map((name) => `  - domain: ${name}.\n    file: ${zoneFileName(name)}\n    template: account\n`)
    .join("")}`;
}

/** A forwarder that remembers nothing and knows nothing of the machine that it runs on. */
export function renderDnsmasq(pidFile: string): string {
  return `port=53
listen-address=${lan.router.ipv4}
listen-address=${lan.router.ipv6}
bind-dynamic
no-resolv
no-hosts
no-poll
cache-size=0
server=${internet.dns.ipv4}
server=${internet.dns.ipv6}
user=root
group=root
pid-file=${pidFile}
log-facility=-
`;
}

async function tsigSecret(): Promise<string> {
  const known = /secret "([^"]+)"/.exec((await readIfThere(tsigKeyFile)) ?? "")?.[1];
  if (known !== undefined) return known;
  const secret = randomBytes(32).toString("base64");
  await put(tsigKeyFile, `key "${TSIG_NAME}" {\n  algorithm hmac-sha256;\n  secret "${secret}";\n};\n`, 0o600);
  return secret;
}

function zoneFileName(zone: string): string {
  return `${zone || "root"}.zone`;
}

function zoneFile(zone: string): string {
  return join(knotDir, "zones", zoneFileName(zone));
}
