import type { DnsRecordObject, LeftRrset, RecordType } from "@esddns/common/api";
import { fqdn } from "../gandi/names.ts";
import { everPublished, holdsAt, type RrsetPlace } from "./left.ts";

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

/** Every rrset that a record names, or has by what its status says, as such keys. */
export function allRrsetKeys(record: DnsRecordObject): string[] {
  return [...rrsetKeys(record), ...everPublished(record.spec, record.status).map(keyOf)];
}

/** The types of a record that another record has, with that record's name. */
export function lostTo(record: DnsRecordObject, all: Winners): ReadonlyMap<RecordType, string> {
  const lost = record.spec.types.flatMap((type): [RecordType, string][] => {
    const winner = all.get(rrsetKey(record, type));
    return winner === undefined || isSame(winner, record) ? [] : [[type, winner.metadata.name]];
  });
  return new Map(lost);
}

/** Another record that has an rrset. */
export interface Claim {
  /** Its name. */
  readonly by: string;
  /** What its status says of the rrset: without anything it has not come to write it. */
  readonly holds: readonly LeftRrset[];
  /** It does not come to write it as long as this is so. */
  readonly isDryRun: boolean;
}

/** The claim of the other record that has this rrset; undefined: none has. */
export function claimOf(rrset: RrsetPlace, record: DnsRecordObject, all: Winners): Claim | undefined {
  const winner = all.get(keyOf(rrset));
  if (winner === undefined || isSame(winner, record)) return undefined;
  return { by: winner.metadata.name, holds: holdsAt(rrset, winner), isDryRun: winner.spec.dryRun };
}

/** What the statuses of all other records say of this rrset: that is the operator's own, too. */
export function heldByOthers(rrset: RrsetPlace, record: DnsRecordObject, all: readonly DnsRecordObject[]): LeftRrset[] {
  return all.filter((other) => !isSame(other, record)).flatMap((other) => holdsAt(rrset, other));
}

/** The name as it is served, and the type; the zone too, since a zone and its subzone may both serve the name. */
function keyOf({ zone, name, type }: RrsetPlace): string {
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
