import { isTrue } from "@esddns/common/cluster";
import type * as z from "zod";
import type { DnsRecordObject } from "@esddns/common/api";
import { tokenState } from "./token.ts";
import { lastObservedAt, type Snapshot, wanIp } from "../snapshot/snapshot.ts";
import type { Read } from "@esddns/common/cluster";
import type { PoolUse } from "../snapshot/clusterView.ts";
import type { rawSchema } from "./rawSchema.ts";
import { timelineOf } from "./timeline.ts";
import { verdict } from "./verdict.ts";

/** The URL of the rrset in the LiveDNS API. It is only shown: nothing requests it. */
const LIVEDNS = "https://api.gandi.net/v5/livedns";

type RawDocument = z.input<typeof rawSchema>;

/**
 * Returns the document at /raw, as rawSchema.ts describes it. The first three keys are for scripts written for older
 * versions: `record_state` describes only the first record, and unknown values are null. The other keys contain
 * everything.
 */
export function rawDocument(snapshot: Snapshot): RawDocument {
  const { wan, records, observations, clusterView, gandiTokenExpires, now } = snapshot;
  const ip = wanIp(wan?.status);
  const { title, detail } = verdict(snapshot);
  return {
    poll_date: lastObservedAt(observations) ?? null,
    wan_ip_state: { IP: ip ?? null, usable: ip !== undefined && isTrue(wan?.status, "Ready") },
    record_state: recordState(records[0]),
    namespace: snapshot.namespace,
    version: snapshot.version,
    time: new Date(now).toISOString(),
    verdict: { title, detail },
    wan: wan === undefined ? null : { spec: wan.spec, status: wan.status ?? {} },
    records: records.map(({ metadata, spec, status }) => ({ name: metadata.name, spec, status: status ?? {} })),
    observations: observations.map(({ nodeName, observedAt, validForSeconds, votes }) => ({
      nodeName,
      observedAt,
      validForSeconds,
      votes,
    })),
    loadBalancer: {
      addresses: orNull(clusterView?.addresses),
      announcedBy: orNull(clusterView?.announcedBy),
      pools: orNull(clusterView?.pools)?.map(poolUse) ?? null,
    },
    gandiToken: { expires: gandiTokenExpires ?? null, daysLeft: tokenState(gandiTokenExpires, now).days ?? null },
    timeline: timelineOf(snapshot),
    watches: snapshot.watches.map(({ kind, ageMs }) => ({
      kind,
      ageSeconds: ageMs === undefined ? null : ageMs / 1000,
    })),
  };
}

function orNull<T>(list: Read<readonly T[]> | undefined): T[] | null {
  return list?.read === true ? [...list.value] : null;
}

function poolUse({ name, families }: PoolUse) {
  const sum = (key: "assigned" | "available") => families.reduce((total, use) => total + use[key], 0);
  return { name, assigned: sum("assigned"), available: sum("available"), families: [...families] };
}

function recordState(record: DnsRecordObject | undefined): RawDocument["record_state"] {
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
