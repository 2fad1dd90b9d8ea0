import type { DnsRecordObject, LeftRrset, RecordType } from "@esddns/common/api";
import { fqdn } from "../gandi/names.ts";
import { allOwned, ownedAt, type RrsetPlace } from "./ownedRrsets.ts";

/** The record that may write an rrset, by the rrset's key. */
type Winners = ReadonlyMap<string, DnsRecordObject>;

/**
 * Returns which record owns each rrset (zone, name and type). If several records name the same rrset, the oldest one
 * owns it. Between equally old records the first by name does, so that every observer gets the same result. A record
 * that is being deleted owns nothing.
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

/**
 * Returns a key for each rrset that the record's spec names. Two records that name the same rrset have the same key.
 */
export function rrsetKeys(record: DnsRecordObject): string[] {
  return record.spec.types.map((type) => rrsetKey(record, type));
}

/** Returns the keys of every rrset that the record's spec names or that its status lists. */
export function allRrsetKeys(record: DnsRecordObject): string[] {
  return [...rrsetKeys(record), ...allOwned(record.spec, record.status).map(keyOf)];
}

/** Returns the types of this record that another record owns, with the other record's name. */
export function lostTo(record: DnsRecordObject, all: Winners): ReadonlyMap<RecordType, string> {
  const lost = record.spec.types.flatMap((type): [RecordType, string][] => {
    const winner = all.get(rrsetKey(record, type));
    return winner === undefined || isSame(winner, record) ? [] : [[type, winner.metadata.name]];
  });
  return new Map(lost);
}

/** Another record that owns an rrset. */
export interface Claim {
  /** The name of the other record. */
  readonly by: string;
  /** What the other record's status says about the rrset. Empty if that record has not written it yet. */
  readonly holds: readonly LeftRrset[];
  /** While this is true, the other record does not write the rrset. */
  readonly isDryRun: boolean;
}

/** Returns the claim of the other record that owns this rrset, or undefined if no other record does. */
export function claimOf(rrset: RrsetPlace, record: DnsRecordObject, all: Winners): Claim | undefined {
  const winner = all.get(keyOf(rrset));
  if (winner === undefined || isSame(winner, record)) return undefined;
  return { by: winner.metadata.name, holds: ownedAt(rrset, winner), isDryRun: winner.spec.dryRun };
}

/** Returns what the statuses of all other records say about this rrset. The operator wrote these values as well. */
export function heldByOthers(rrset: RrsetPlace, record: DnsRecordObject, all: readonly DnsRecordObject[]): LeftRrset[] {
  return all.filter((other) => !isSame(other, record)).flatMap((other) => ownedAt(rrset, other));
}

/** Includes the zone because a zone and its subzone may both serve the same name. */
function keyOf({ zone, name, type }: RrsetPlace): string {
  return `${zone.toLowerCase()} ${fqdn(zone, name)} ${type}`;
}

function rrsetKey({ spec }: DnsRecordObject, type: RecordType): string {
  return keyOf({ ...spec, type });
}

function olderFirst(a: DnsRecordObject, b: DnsRecordObject): number {
  return age(a) - age(b) || (id(a) < id(b) ? -1 : 1);
}

/** A record that was deleted and created again under the same name is a different one. */
function isSame(a: DnsRecordObject, b: DnsRecordObject): boolean {
  return id(a) === id(b) && a.metadata.uid === b.metadata.uid;
}

/** A record without a creation time counts as the youngest. Only an object that is not stored yet has none. */
function age({ metadata }: DnsRecordObject): number {
  const time = Date.parse(metadata.creationTimestamp ?? "");
  return Number.isNaN(time) ? Number.MAX_SAFE_INTEGER : time;
}

function id({ metadata }: DnsRecordObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}
