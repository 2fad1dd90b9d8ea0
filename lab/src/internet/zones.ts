import { internetHosts } from "../network/hosts.ts";
import { homeDomain, internet, lan, zones as gandiZones, type Host } from "../topology.ts";
import { publicName } from "./names.ts";

/** A zone as a zone file; `name` without final dot, empty for the root. */
export interface Zone {
  readonly name: string;
  readonly text: string;
}

const nameServer = `${publicName(internet.dns)}.`;

/**
 * The zones of the account at Gandi as they are when the lab starts: what an owner would have there beside the
 * record that the operator keeps.
 */
export function accountZones(): Zone[] {
  const records = [
    "@     10800 IN MX    10 spool.mail.gandi.net.",
    "@     10800 IN MX    50 fb.mail.gandi.net.",
    '@     10800 IN TXT   "v=spf1 include:_mailcust.gandi.net ?all"',
    "www   10800 IN CNAME home",
  ];
  return gandiZones.map((name) => ({ name, text: renderZone(name, name === gandiZones[0] ? records : []) }));
}

/**
 * The zones in which the hosts have their names, the home's own domain, and the root above all zones, so that any other
 * name is one that does not exist rather than one that the server refuses to know.
 */
export function worldZones(): Zone[] {
  const byZone = new Map([[homeDomain, addressRecords(`*.${homeDomain}`, lan.router)]]);
  for (const host of internetHosts) {
    for (const dnsName of host.dnsNames) {
      const zone = registrableDomain(dnsName);
      byZone.set(zone, [...(byZone.get(zone) ?? []), ...addressRecords(dnsName, host)]);
    }
  }
  const delegations = [...gandiZones, ...byZone.keys()].map((zone) => `${zone}. 10800 IN NS ${nameServer}`);
  return [
    { name: "", text: renderZone("", delegations) },
    ...[...byZone].map(([name, records]) => ({ name, text: renderZone(name, records) })),
  ];
}

function addressRecords(dnsName: string, host: Host): string[] {
  const ipv4 = `${dnsName}. 300 IN A ${host.ipv4}`;
  // An RFC 3489 server knows no IPv6, so its name has no such address either.
  return host.alternateIpv4 === undefined ? [ipv4, `${dnsName}. 300 IN AAAA ${host.ipv6}`] : [ipv4];
}

/** Good for the names of topology.ts, which are all below a top-level domain that registers names directly. */
function registrableDomain(name: string): string {
  return name.split(".").slice(-2).join(".");
}

function renderZone(name: string, records: readonly string[]): string {
  return [
    `$ORIGIN ${name}.`,
    `@     10800 IN SOA   ${nameServer} hostmaster.gandi.net. 1 10800 3600 604800 10800`,
    `@     10800 IN NS    ${nameServer}`,
    ...records,
    "",
  ].join("\n");
}
