import type { DnsRecordObject } from "../api/index.ts";
import { isTrue, lastObservedAt, type Snapshot, wanIp } from "./snapshot.ts";

/** Where the API of LiveDNS has the rrset; only a name here, nothing asks it. */
const LIVEDNS = "https://api.gandi.net/v5/livedns";

/**
 * The document at /raw. The first three keys are those that scripts of older versions read: `record_state` tells of
 * the first record alone, and what is not known is null. The keys after them tell everything.
 */
export function rawDocument(snapshot: Snapshot): object {
  const { wan, records, observations } = snapshot;
  const ip = wanIp(wan?.status);
  return {
    poll_date: lastObservedAt(observations) ?? null,
    wan_ip_state: { IP: ip ?? null, usable: ip !== undefined && isTrue(wan?.status, "Ready") },
    record_state: recordState(records[0]),
    namespace: snapshot.namespace,
    version: snapshot.version,
    time: new Date(snapshot.now).toISOString(),
    wan: wan === undefined ? null : { spec: wan.spec, status: wan.status ?? {} },
    records: records.map(({ metadata, spec, status }) => ({ name: metadata.name, spec, status: status ?? {} })),
    observations: observations.map(({ nodeName, observedAt, validForSeconds, votes }) => ({
      nodeName,
      observedAt,
      validForSeconds,
      votes,
    })),
    watches: snapshot.watches.map(({ kind, ageMs }) => ({
      kind,
      ageSeconds: ageMs === undefined ? null : ageMs / 1000,
    })),
  };
}

function recordState(record: DnsRecordObject | undefined): object {
  const rrset = record?.status?.published?.[0];
  if (record === undefined || rrset === undefined) return { in_sync: false, record_data: null };
  const { zone, name } = record.spec;
  return {
    in_sync: isTrue(record.status, "Synced"),
    record_data: {
      rrset_name: name,
      rrset_type: rrset.type,
      rrset_ttl: rrset.ttl,
      rrset_values: rrset.values,
      rrset_href: `${LIVEDNS}/domains/${[zone, "records", name, rrset.type].map(encodeURIComponent).join("/")}`,
    },
  };
}
