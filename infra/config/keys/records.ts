/** The DNS records at Gandi. */
import { dnsRecordSpec, recordSource, TTL_MAX, TTL_MIN } from "@esddns/common/api";
import type { DetectionSpec, Family, RecordType } from "@esddns/common/api";
import { notGloballyReachable, parseSingle } from "@esddns/common/ip";
import { z } from "zod";
import { RESOURCE_NAMES, stackKey } from "../keyFacts.ts";
import { formatPath, quote, type KeyPath, type Problem } from "../validation/problem.ts";
import type { Placed } from "../validation/shape.ts";
import * as fields from "../values/fields.ts";

const recordSchema = z.object({
  zone: fields.zoneName.describe("The zone at Gandi, for instance example.com."),
  name: fields.recordName.describe("Relative to the zone, for instance home; @ is the zone itself."),
  types: dnsRecordSpec.shape.types.describe("A, AAAA or both, for instance [A]."),
  ttl: z
    .int()
    .min(TTL_MIN)
    .max(TTL_MAX)
    .default(TTL_MIN)
    .describe(`Seconds for which others may keep the answer, ${TTL_MIN} to ${TTL_MAX}.`),
  source: z
    .object({
      kind: recordSource.shape.kind.describe("Wan, Service or Fixed."),
      service: z
        .object({
          namespace: fields.objectName.describe("The Service's namespace."),
          name: fields.objectName.describe("The name of a Service of type LoadBalancer."),
        })
        .optional()
        .describe("With kind Service: { namespace, name } of a Service of type LoadBalancer."),
      values: recordSource.shape.values.describe("With kind Fixed: a list of addresses."),
    })
    .optional()
    .describe(
      "Left out: the WAN address. Else { kind: Service, service: { namespace, name } } or { kind: Fixed, values }.",
    ),
  ipv6Suffix: z.string().optional().describe("The host's part of its IPv6 address, for instance ::10."),
  ipv6FromNode: fields.nodeName
    .optional()
    .describe("Instead of ipv6Suffix: the name of the node whose own IPv6 address it is."),
  conflictPolicy: dnsRecordSpec.shape.conflictPolicy,
  // The custom resource definition fills in the defaults of the keys below.
  deletionPolicy: dnsRecordSpec.shape.deletionPolicy
    .unwrap()
    .optional()
    .describe("Retain or Delete: what becomes of the record at Gandi when it leaves the config; default Retain."),
  deletionTimeoutSeconds: dnsRecordSpec.shape.deletionTimeoutSeconds
    .unwrap()
    .optional()
    .describe("With Delete: seconds that a destroy waits for Gandi, 1 to 3600; default 60."),
  allowPrivate: z
    .boolean()
    .optional()
    .describe("true or false: whether a Service's or a fixed address may be one that the internet cannot reach."),
  driftLimit: dnsRecordSpec.shape.driftLimit
    .unwrap()
    .optional()
    .describe("How often an hour somebody else's change is undone, 0 to 60; default 3."),
  dryRun: z.boolean().optional().describe("true or false: whether to plan only, and write nothing to Gandi."),
});

export const recordsKey = stackKey(
  z.array(recordSchema).describe("Write a list: [{ zone: example.com, name: home, types: [A] }].").default([]),
  { encrypted: { refused: `zone and name of a record become ${RESOURCE_NAMES}` }, guide: "records.md" },
);

export type DnsRecordConfig = z.output<typeof recordSchema>;
type PlacedRecord = Placed<DnsRecordConfig>;

const familyOf: Readonly<Record<RecordType, Family>> = { A: "IPv4", AAAA: "IPv6" };

/** `detection`: undefined if that has problems of its own. */
export function recordProblems(
  records: readonly PlacedRecord[],
  detection: Pick<DetectionSpec, "families" | "prefixLength"> | undefined,
): Problem[] {
  return [
    ...records.flatMap((record) => [
      ...repeatedZone(record),
      ...tooLong(record),
      ...sourceProblems(record),
      ...hostPartProblems(record, detection?.prefixLength ?? 64),
      ...(detection && (record.value.source?.kind ?? "Wan") === "Wan"
        ? familyProblems(record, detection.families)
        : []),
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

function tooLong({ index, value }: PlacedRecord): Problem[] {
  const { length } = fqdn(value);
  if (length <= NAME_MAX) return [];
  const wrong = `makes a name of ${length} characters with its zone, and the DNS has ${NAME_MAX} (RFC 1035, 2.3.4)`;
  return [{ path: ["records", index, "name"], wrong, right: "Write a shorter one." }];
}

const NAME_MAX = 253;

/** Reports keys that the kind of source needs, and keys that it does not use. */
function sourceProblems({ index, value: { source, types, allowPrivate } }: PlacedRecord): Problem[] {
  const path: KeyPath = ["records", index, "source"];
  const kind = source?.kind ?? "Wan";
  const problems: Problem[] = [];
  if (source?.service !== undefined && kind !== "Service") {
    problems.push({ path: [...path, "service"], wrong: `is of no use to kind ${kind}`, right: "Write kind: Service." });
  }
  if (source?.values !== undefined && kind !== "Fixed") {
    problems.push({ path: [...path, "values"], wrong: `is of no use to kind ${kind}`, right: "Write kind: Fixed." });
  }
  if (kind === "Service" && source?.service === undefined) {
    const right = "Write { namespace, name } of a Service of type LoadBalancer.";
    problems.push({ path: [...path, "service"], wrong: "is missing", right });
  }
  if (kind === "Fixed")
    problems.push(...valueProblems(source?.values ?? [], types, allowPrivate === true, [...path, "values"]));
  if (kind === "Wan" && allowPrivate === true) {
    const wrong = "is of no use to the WAN address, which is never published where it is private";
    problems.push({ path: ["records", index, "allowPrivate"], wrong, right: "Leave it out." });
  }
  return problems;
}

function valueProblems(
  values: readonly string[],
  types: readonly RecordType[],
  allowPrivate: boolean,
  path: KeyPath,
): Problem[] {
  const addresses = values.map((value) => parseSingle(value));
  const families = addresses.map((address) => address?.family);
  const wrong = values.flatMap((value, i): Problem[] => {
    const address = addresses[i];
    const at = [...path, i];
    if (address === undefined) {
      return [{ path: at, wrong: `${quote(value)} is not an IP address`, right: "For instance 198.51.100.20." }];
    }
    const { family, canonical } = address;
    if (!types.some((type) => familyOf[type] === family)) {
      const right = `Add ${family === "IPv4" ? "A" : "AAAA"} to types, or leave it out.`;
      return [{ path: at, wrong: `${quote(value)} fits none of the types ${types.join(", ")}`, right }];
    }
    if (addresses.findIndex((other) => other?.canonical === canonical) < i)
      return [{ path: at, wrong: `${quote(value)} is there twice`, right: "Write it once." }];
    const block = allowPrivate ? undefined : notGloballyReachable({ family, text: value });
    if (block === undefined) return [];
    const why = `${quote(value)} cannot be reached from the internet (${block.name}, ${block.rfc})`;
    return [{ path: at, wrong: why, right: "Take another, or set allowPrivate: true if it is meant." }];
  });
  const missing = types.filter((type) => !families.includes(familyOf[type]));
  return [
    ...wrong,
    ...missing.map((type) => ({ path, wrong: `has no ${familyOf[type]} address for type ${type}`, right: "Add one." })),
  ];
}

function hostPartProblems(
  { index, value: { types, ipv6Suffix, ipv6FromNode, source } }: PlacedRecord,
  prefixLength: number,
): Problem[] {
  const path: KeyPath = ["records", index, "ipv6Suffix"];
  const key = ipv6Suffix === undefined ? "ipv6FromNode" : "ipv6Suffix";
  if (ipv6Suffix === undefined && ipv6FromNode === undefined) {
    if (!types.includes("AAAA") || (source?.kind ?? "Wan") !== "Wan") return [];
    const wrong = "is missing, and an AAAA record has no value without it";
    const right =
      "The provider gives you a prefix; write the host's own part of its address, for instance ::10, or name the node " +
      "whose address it is in ipv6FromNode.";
    return [{ path, wrong, right }];
  }
  if (ipv6Suffix !== undefined && ipv6FromNode !== undefined) {
    return [{ path, wrong: "is set beside ipv6FromNode", right: "Keep one of the two." }];
  }
  if (!types.includes("AAAA")) {
    const right = "Add AAAA to types, or leave it out.";
    return [{ path: ["records", index, key], wrong: "is of use to AAAA records only", right }];
  }
  if ((source?.kind ?? "Wan") !== "Wan") {
    const wrong = `is of no use to a source of kind ${source?.kind ?? "Wan"}`;
    return [{ path: ["records", index, key], wrong, right: "Leave it out: the source says the whole address." }];
  }
  if (ipv6Suffix === undefined) return [];
  const suffix = parseSingle(ipv6Suffix);
  if (suffix?.family !== "IPv6" || suffix.first === 0n || suffix.first >> BigInt(128 - prefixLength) !== 0n) {
    const wrong = `${quote(ipv6Suffix)} is not the host's part of an IPv6 address`;
    return [{ path, wrong, right: `Write an address whose first ${prefixLength} bits are zero, for instance ::10.` }];
  }
  return [];
}

function familyProblems({ index, value: { types } }: PlacedRecord, families: DetectionSpec["families"]): Problem[] {
  return types.flatMap((type, i) => {
    const family = familyOf[type];
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
