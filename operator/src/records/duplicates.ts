import type { DnsRecordObject, RecordType } from "@esddns/common/api";
import { fqdn } from "../gandi/names.ts";

/** Which record may write an rrset, by the rrset's key. */
type Winners = ReadonlyMap<string, DnsRecordObject>;

/**
 * Of several records that name the same rrset (zone, name and type) the older one has it; of equally old ones the
 * first by name, so that every observer comes to the same result. Records that are being deleted have nothing.
 */
export function winners(records: readonly DnsRecordObject[]): Winners {
  const byAge = records.filter(({ metadata }) => metadata.deletionTimestamp === undefined).sort(olderFirst);
  const result = new Map<string, DnsRecordObject>();
  for (const record of byAge) {
    for (const key of rrsetKeys(record)) {
      if (!result.has(key)) result.set(key, record);
    }
  }
  return result;
}

/** Every rrset that a record names, as keys that are equal where two records name the same one. */
export function rrsetKeys(record: DnsRecordObject): string[] {
  return record.spec.types.map((type) => rrsetKey(record, type));
}

/** The types of a record that another record has, with that record's name. */
export function lostTo(record: DnsRecordObject, all: Winners): ReadonlyMap<RecordType, string> {
  const lost = record.spec.types.flatMap((type): [RecordType, string][] => {
    const winner = all.get(rrsetKey(record, type));
    return winner === undefined || isSame(winner, record) ? [] : [[type, winner.metadata.name]];
  });
  return new Map(lost);
}

/** The other record that has this rrset, by its name; undefined: none has. */
export function claimant(
  rrset: { zone: string; name: string; type: RecordType },
  record: DnsRecordObject,
  all: Winners,
): string | undefined {
  const winner = all.get(keyOf(rrset));
  return winner === undefined || isSame(winner, record) ? undefined : winner.metadata.name;
}

/** The name as it is served, and the type; the zone too, since a zone and its subzone may both serve the name. */
function keyOf({ zone, name, type }: { zone: string; name: string; type: RecordType }): string {
  return `${zone.toLowerCase()} ${fqdn(zone, name)} ${type}`;
}

function rrsetKey({ spec }: DnsRecordObject, type: RecordType): string {
  return keyOf({ ...spec, type });
}

function olderFirst(a: DnsRecordObject, b: DnsRecordObject): number {
  return age(a) - age(b) || (id(a) < id(b) ? -1 : 1);
}

/** A record that was deleted and made anew under its name is another one. */
function isSame(a: DnsRecordObject, b: DnsRecordObject): boolean {
  return id(a) === id(b) && a.metadata.uid === b.metadata.uid;
}

/** Without a time, which only an object that is not stored yet lacks, it counts as the youngest. */
function age({ metadata }: DnsRecordObject): number {
  const time = Date.parse(metadata.creationTimestamp ?? "");
  return Number.isNaN(time) ? Number.MAX_SAFE_INTEGER : time;
}

function id({ metadata }: DnsRecordObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}
