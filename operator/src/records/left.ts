import type { DnsRecordSpec, DnsRecordStatus, LeftRrset, PublishedRrset, RecordType } from "../api/index.ts";
import { fqdn } from "../gandi/names.ts";

/** What a record has at Gandi: under the name that it has now, and under those that it had. */
interface Holdings {
  /** By type, at the present zone and name. */
  readonly published: Map<string, PublishedRrset>;
  /** The same of what writes of unknown outcome may have left there. */
  readonly attempted: Map<string, PublishedRrset>;
  /** To be deleted. Empty with deletionPolicy Retain: then what stands under a former name stays for good. */
  readonly left: readonly LeftRrset[];
}

/** Sorts what the status notes by what the spec says now; a name that comes back is the record's own again. */
export function holdings(spec: DnsRecordSpec, status: DnsRecordStatus | undefined): Holdings {
  const published = new Map<string, PublishedRrset>();
  const attempted = new Map<string, PublishedRrset>();
  const left: LeftRrset[] = [];
  const sort = (rrsets: readonly LeftRrset[], present: Map<string, PublishedRrset>): void => {
    for (const rrset of rrsets) {
      const { zone, name, type, ttl, values } = rrset;
      const isPresent = isSameZone(zone, spec.zone) && fqdn(zone, name) === fqdn(spec.zone, spec.name);
      if (isPresent && spec.types.some((wanted) => wanted === type)) present.set(type, { type, ttl, values });
      else if (spec.deletionPolicy === "Delete") left.push(rrset);
    }
  };
  sort([...(status?.left ?? []), ...placed(status?.published, spec, status)], published);
  sort(placed(status?.attempted, spec, status), attempted);
  return { published, attempted, left };
}

/** Everything that the record has or may have at Gandi, as far as its status tells, each with its place. */
export function everPublished(spec: DnsRecordSpec, status: DnsRecordStatus | undefined): LeftRrset[] {
  const { left = [], published = [], attempted = [] } = status ?? {};
  return [...left, ...placed([...published, ...attempted], spec, status)];
}

/** DNS knows no difference between capital and small letters (RFC 4343); an edited config may have one. */
export function isSameZone(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Only these are ever written, hence only these are ever removed. */
export function isAddressType(type: string): type is RecordType {
  return type === "A" || type === "AAAA";
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
