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

/** What a record has at Gandi: under the name that it has now, and under those that it had. */
interface Holdings {
  /** By type, at the present zone and name. */
  readonly published: Map<string, PublishedRrset>;
  /** The same of what writes and deletions of unknown outcome may have left there. */
  readonly attempted: Map<string, readonly PublishedRrset[]>;
  /** Under former names: to be deleted, or with deletionPolicy Retain only known for the operator's own. */
  readonly left: readonly LeftRrset[];
}

/** Where an rrset stands. */
export type RrsetPlace = Pick<LeftRrset, "zone" | "name" | "type">;

/** One rrset that the record no longer has: its place, and everything that the record may have put there. */
export interface Abandoned extends RrsetPlace {
  readonly type: RecordType;
  readonly candidates: readonly LeftRrset[];
}

/** As many attempts as are kept of one rrset: with two types no more than the status may hold. */
const MAX_ATTEMPTS = 4;

/** Sorts what the status notes by what the spec says now; a name that comes back is the record's own again. */
export function holdings(spec: DnsRecordSpec, status: DnsRecordStatus | undefined): Holdings {
  const published = new Map<string, PublishedRrset>();
  const attempted = new Map<string, readonly PublishedRrset[]>();
  const left: LeftRrset[] = [];
  for (const rrset of everPublished(spec, status)) {
    const { zone, name, type, ttl, values } = rrset;
    const isPresent = isSamePlace({ zone, name }, spec) && spec.types.some((wanted) => wanted === type);
    // Under a name that was given up others may have written since.
    const isCertain = rrset.attempted !== true && status?.left?.includes(rrset) !== true;
    if (isPresent && !isCertain) addAttempt(attempted, { type, ttl, values });
    else if (isPresent) published.set(type, { type, ttl, values });
    else addLeft(left, spec.deletionPolicy === "Delete" ? rrset : { ...rrset, retained: true });
  }
  return { published, attempted, left };
}

/** Everything that the record has or may have at Gandi, as far as its status tells, each with its place. */
export function everPublished(spec: DnsRecordSpec, status: DnsRecordStatus | undefined): LeftRrset[] {
  const { left = [], published, attempted } = status ?? {};
  const tried = placed(attempted, spec, status).map((rrset) => ({ ...rrset, attempted: true }));
  return [...left, ...placed(published, spec, status), ...tried];
}

/** What the record has or may have at this place, as far as its status tells. */
export function holdsAt(place: RrsetPlace, { spec, status }: Pick<DnsRecordObject, "spec" | "status">): LeftRrset[] {
  return everPublished(spec, status).filter((rrset) => isOf(place, rrset));
}

/** By place and type, so that each is asked for once. */
export function abandoned(rrsets: readonly LeftRrset[]): Abandoned[] {
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

/** The status with the deletion of this rrset begun: from then on it may stand there, or not. */
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

/** The status without this rrset, which is gone or not the record's own. */
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

/** Adds what is about to be written. */
export function addAttempt(attempted: Map<string, readonly PublishedRrset[]>, rrset: PublishedRrset): void {
  attempted.set(rrset.type, withLast(attempted.get(rrset.type) ?? [], rrset));
}

/** Attempts of one type, with this one as the last. The API server refuses a status with too many: the oldest go. */
function withLast(attempts: readonly PublishedRrset[], rrset: PublishedRrset): readonly PublishedRrset[] {
  return [...attempts.filter((each) => !sameRrset(each, rrset)), rrset].slice(-MAX_ATTEMPTS);
}

/** DNS knows no difference between capital and small letters (RFC 4343); an edited config may have one. */
export function isSameZone(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Only these are ever written, hence only these are ever removed. */
export function isAddressType(type: string): type is RecordType {
  return type === "A" || type === "AAAA";
}

function isSamePlace(a: { zone: string; name: string }, b: { zone: string; name: string }): boolean {
  return isSameZone(a.zone, b.zone) && fqdn(a.zone, a.name) === fqdn(b.zone, b.name);
}

/** Adds what is not there already; what is known to have stood there is not only an attempt. */
function addLeft(left: LeftRrset[], rrset: LeftRrset): void {
  const at = left.findIndex((each) => each.type === rrset.type && isSamePlace(each, rrset) && sameRrset(each, rrset));
  if (at === -1) left.push(rrset);
  else if (rrset.attempted !== true) left[at] = rrset;
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

/** Undefined where the name does not lie in the zone. */
function relativeName(name: string, zone: string): string | undefined {
  const apex = zone.toLowerCase();
  if (name === apex) return "@";
  return name.endsWith(`.${apex}`) ? name.slice(0, -apex.length - 1) : undefined;
}
