import type {
  DnsRecordObject,
  DnsRecordSpec,
  DnsRecordStatus,
  LeftRrset,
  PublishedRrset,
  RecordType,
} from "@esddns/common/api";
import { fqdn } from "../gandi/names.ts";
import { sameRrset } from "./plan.ts";

/** A record's rrsets at Gandi, under its present name and under its former names. */
interface OwnedRrsets {
  /** Rrsets that the record is known to have at its present zone and name, by type. */
  readonly published: Map<string, PublishedRrset>;
  /** Rrsets at the same place that writes and deletions of unknown outcome may have left, by type. */
  readonly attempted: Map<string, readonly PublishedRrset[]>;
  /** Rrsets under a former name or type. Those given up with deletionPolicy Retain are kept, all others are deleted. */
  readonly former: readonly LeftRrset[];
}

/** The place of an rrset in DNS. */
export type RrsetPlace = Pick<LeftRrset, "zone" | "name" | "type">;

/** An rrset that the record gave up: its place, and every content that the record may have written there. */
export interface Abandoned extends RrsetPlace {
  readonly type: RecordType;
  readonly candidates: readonly LeftRrset[];
}

/** How many attempts are kept for one rrset. For two types this is as many as the status may hold. */
const MAX_ATTEMPTS = 4;

/**
 * Compares the rrsets in the status with the present spec. An rrset at a name that comes back is the record's again.
 */
export function ownedRrsets(spec: DnsRecordSpec, status: DnsRecordStatus | undefined): OwnedRrsets {
  const published = new Map<string, PublishedRrset>();
  const attempted = new Map<string, readonly PublishedRrset[]>();
  const former: LeftRrset[] = [];
  for (const rrset of allOwned(spec, status)) {
    const { zone, name, type, ttl, values } = rrset;
    const isPresent = isSamePlace({ zone, name }, spec) && spec.types.some((wanted) => wanted === type);
    // Others may have written since at a name that the record gave up.
    const isCertain = rrset.attempted !== true && status?.left?.includes(rrset) !== true;
    if (isPresent && !isCertain) addAttempt(attempted, { type, ttl, values });
    else if (isPresent) published.set(type, { type, ttl, values });
    else addFormer(former, spec.deletionPolicy === "Delete" ? rrset : { ...rrset, retained: true });
  }
  return { published, attempted, former };
}

/** Returns every rrset that the record has or may have at Gandi according to its status, each with its place. */
export function allOwned(spec: DnsRecordSpec, status: DnsRecordStatus | undefined): LeftRrset[] {
  const { left = [], published, attempted } = status ?? {};
  const tried = placed(attempted, spec, status).map((rrset) => ({ ...rrset, attempted: true }));
  return [...left, ...placed(published, spec, status), ...tried];
}

/** Returns what the record has or may have at this place according to its status. */
export function ownedAt(place: RrsetPlace, { spec, status }: Pick<DnsRecordObject, "spec" | "status">): LeftRrset[] {
  return allOwned(spec, status).filter((rrset) => isOf(place, rrset));
}

/** Groups rrsets by place and type, so that Gandi is asked about each place once. */
export function groupByPlace(rrsets: readonly LeftRrset[]): Abandoned[] {
  const groups = new Map<string, Abandoned>();
  for (const rrset of rrsets) {
    const { zone, name, type } = rrset;
    if (!isAddressType(type)) continue;
    const key = `${zone.toLowerCase()} ${fqdn(zone, name)} ${type}`;
    const { candidates = [] } = groups.get(key) ?? {};
    groups.set(key, { zone, name, type, candidates: [...candidates, rrset] });
  }
  return [...groups.values()];
}

export function isOf(group: RrsetPlace, rrset: Pick<LeftRrset, "zone" | "name" | "type">): boolean {
  return rrset.type === group.type && isSamePlace(rrset, group);
}

/** Returns the status after the deletion of this rrset was begun: the rrset may or may not exist any more. */
export function withAttempt(status: DnsRecordStatus, spec: DnsRecordSpec, group: Abandoned): DnsRecordStatus {
  const isHere = isAtPlace(status, spec, group);
  const begun = (status.published ?? []).filter(isHere);
  const attempted: readonly PublishedRrset[] = status.attempted ?? [];
  const same = attempted.filter(({ type }) => type === group.type);
  const others = attempted.filter(({ type }) => type !== group.type);
  return {
    ...status,
    ...(status.published === undefined ? {} : { published: status.published.filter((rrset) => !isHere(rrset)) }),
    ...(begun.length === 0 ? {} : { attempted: [...others, ...begun.reduce(withLast, same)] }),
    ...(status.left === undefined
      ? {}
      : { left: status.left.map((l) => (isOf(group, l) ? { ...l, attempted: true } : l)) }),
  };
}

/** Returns the status without this rrset, because it is deleted or does not belong to the record. */
export function without(status: DnsRecordStatus, spec: DnsRecordSpec, group: Abandoned): DnsRecordStatus {
  const isHere = isAtPlace(status, spec, group);
  const { published, attempted, left } = status;
  return {
    ...status,
    ...(published === undefined ? {} : { published: published.filter((rrset) => !isHere(rrset)) }),
    ...(attempted === undefined ? {} : { attempted: attempted.filter((rrset) => !isHere(rrset)) }),
    ...(left === undefined ? {} : { left: left.filter((rrset) => !isOf(group, rrset)) }),
  };
}

function isAtPlace(status: DnsRecordStatus, spec: DnsRecordSpec, group: Abandoned): (rrset: PublishedRrset) => boolean {
  return (rrset) => placed([rrset], spec, status).some((each) => isOf(group, each));
}

/** Adds an rrset that is about to be written. */
export function addAttempt(attempted: Map<string, readonly PublishedRrset[]>, rrset: PublishedRrset): void {
  attempted.set(rrset.type, withLast(attempted.get(rrset.type) ?? [], rrset));
}

/** Appends an attempt of the same type. Drops the oldest, because the API server refuses a status with too many. */
function withLast(attempts: readonly PublishedRrset[], rrset: PublishedRrset): readonly PublishedRrset[] {
  return [...attempts.filter((each) => !sameRrset(each, rrset)), rrset].slice(-MAX_ATTEMPTS);
}

/** Compares without case, as DNS does (RFC 4343). An edited config may differ in case only. */
export function isSameZone(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The operator writes only A and AAAA rrsets, so it deletes only these. */
export function isAddressType(type: string): type is RecordType {
  return type === "A" || type === "AAAA";
}

function isSamePlace(a: { zone: string; name: string }, b: { zone: string; name: string }): boolean {
  return isSameZone(a.zone, b.zone) && fqdn(a.zone, a.name) === fqdn(b.zone, b.name);
}

/** Adds an rrset unless it is listed already. A published entry replaces an entry that is only an attempt. */
function addFormer(former: LeftRrset[], rrset: LeftRrset): void {
  const at = former.findIndex((each) => each.type === rrset.type && isSamePlace(each, rrset) && sameRrset(each, rrset));
  if (at === -1) former.push(rrset);
  else if (rrset.attempted !== true) former[at] = rrset;
}

function placed(
  rrsets: readonly PublishedRrset[] = [],
  spec: DnsRecordSpec,
  status: DnsRecordStatus | undefined,
): LeftRrset[] {
  const zone = status?.zone ?? spec.zone;
  const name = relativeName(status?.fqdn ?? "", zone);
  return name === undefined ? [] : rrsets.map((rrset) => ({ zone, name, ...rrset }));
}

/** Returns undefined if the name is not in the zone. */
function relativeName(name: string, zone: string): string | undefined {
  const apex = zone.toLowerCase();
  if (name === apex) return "@";
  return name.endsWith(`.${apex}`) ? name.slice(0, -apex.length - 1) : undefined;
}
