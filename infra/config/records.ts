/** What must hold for DNS records beyond the shape of each. */
import type { DetectionSpec } from "@esddns/operator/api";
import { parseAddress } from "./addresses.ts";
import { formatPath, quote, type KeyPath, type Problem } from "./problem.ts";
import type { Placed } from "./reader.ts";
import type { DnsRecordConfig } from "./schema.ts";

type PlacedRecord = Placed<DnsRecordConfig>;

export function checkRecords(
  records: readonly PlacedRecord[],
  detection: Pick<DetectionSpec, "families" | "prefixLength"> | undefined,
): Problem[] {
  return [
    ...records.flatMap((record) => [
      ...repeatedZone(record),
      ...suffixProblems(record, detection?.prefixLength ?? 64),
      ...(detection ? familyProblems(record, detection.families) : []),
    ]),
    ...duplicates(records),
  ];
}

/** `home.example.com` for home in example.com, `example.com` for @. */
export function fqdn(record: Pick<DnsRecordConfig, "zone" | "name">): string {
  return record.name === "@" ? record.zone : `${record.name}.${record.zone}`;
}

function repeatedZone({ index, value: { name, zone } }: PlacedRecord): Problem[] {
  if (name !== zone && !name.endsWith(`.${zone}`)) return [];
  const relative = name === zone ? "@" : name.slice(0, -zone.length - 1);
  const wrong = `${quote(name)} in the zone ${zone} would be ${name}.${zone}`;
  return [
    { path: ["records", index, "name"], wrong, right: `Names are relative to the zone: write ${quote(relative)}.` },
  ];
}

function suffixProblems({ index, value: { types, ipv6Suffix } }: PlacedRecord, prefixLength: number): Problem[] {
  const path: KeyPath = ["records", index, "ipv6Suffix"];
  const wantsIpv6 = types.includes("AAAA");
  if (ipv6Suffix === undefined) {
    if (!wantsIpv6) return [];
    const wrong = "is missing, and an AAAA record has no value without it";
    const right = "The provider gives you a prefix; write the host's own part of its address, for instance ::10.";
    return [{ path, wrong, right }];
  }
  if (!wantsIpv6) {
    return [{ path, wrong: "is of use to AAAA records only", right: "Add AAAA to types, or leave it out." }];
  }
  const suffix = parseAddress(ipv6Suffix);
  if (suffix?.family !== "IPv6" || suffix.first === 0n || suffix.first >> BigInt(128 - prefixLength) !== 0n) {
    const wrong = `${quote(ipv6Suffix)} is not the host's part of an IPv6 address`;
    return [{ path, wrong, right: `Write an address whose first ${prefixLength} bits are zero, for instance ::10.` }];
  }
  return [];
}

function familyProblems({ index, value: { types } }: PlacedRecord, families: DetectionSpec["families"]): Problem[] {
  return types.flatMap((type, i) => {
    const family = type === "A" ? "IPv4" : "IPv6";
    if (families.includes(family)) return [];
    const wrong = `an ${type} record needs ${family}, which esddns:detection.families leaves out`;
    return [{ path: ["records", index, "types", i], wrong, right: `Add ${family} there, or leave out ${type} here.` }];
  });
}

function duplicates(records: readonly PlacedRecord[]): Problem[] {
  const owners = new Map<string, KeyPath>();
  const problems: Problem[] = [];
  for (const { index, value } of records) {
    for (const [i, type] of value.types.entries()) {
      const path: KeyPath = ["records", index, "types", i];
      const owner = owners.get(`${type} ${fqdn(value)}`);
      if (owner === undefined) owners.set(`${type} ${fqdn(value)}`, path);
      else {
        const wrong = `${fqdn(value)} has the type ${type} at ${formatPath(owner)} already`;
        problems.push({ path, wrong, right: "Write every name and type once." });
      }
    }
  }
  return problems;
}
