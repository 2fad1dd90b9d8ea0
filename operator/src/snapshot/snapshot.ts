import { conditionOf, isTrue } from "@esddns/common/cluster";
import type {
  DnsRecordObject,
  Family,
  WanAddressObject,
  WanAddressStatus,
  WanObservationObject,
} from "@esddns/common/api";
import { WANTED_EGRESS } from "../decide/conditions.ts";
import type { ClusterView } from "./clusterView.ts";

/**
 * A watch hears from the API server at least once a minute. After this time without a sign its data is out of date.
 * Milliseconds.
 */
export const STALE_MS = 180_000;

/** How fresh the objects of one kind are. */
interface WatchState {
  readonly kind: string;
  /** Milliseconds since the API server last answered. Undefined: never. */
  readonly ageMs: number | undefined;
}

/** Everything that the page, the JSON and the metrics show, at one moment. */
export interface Snapshot {
  /** Wall clock, milliseconds since the epoch. */
  readonly now: number;
  readonly namespace: string;
  readonly version: string;
  readonly wan: WanAddressObject | undefined;
  readonly observations: readonly WanObservationObject[];
  readonly records: readonly DnsRecordObject[];
  readonly watches: readonly WatchState[];
  /** Only the page's pod reads it. */
  readonly clusterView?: ClusterView;
  /** The day on which Gandi's token expires, for example 2027-05-01. Undefined: not configured. */
  readonly gandiTokenExpires?: string | undefined;
}

/** Returns the one address for readers that want only one: IPv4 if there is one, otherwise IPv6. */
export function wanIp(status: WanAddressStatus | undefined): string | undefined {
  return status?.ipv4 ?? status?.ipv6;
}

/** Returns every published value of a family: one, or with several lines one for each (detection.multiWan: All). */
export function agreedValues(status: WanAddressStatus | undefined, family: Family): readonly string[] {
  const [one, all] =
    family === "IPv4" ? [status?.ipv4, status?.ipv4Addresses] : [status?.ipv6Prefix, status?.ipv6Prefixes];
  return all ?? (one === undefined ? [] : [one]);
}

/** Reports whether the configuration allows nodes to leave by different lines. */
export function severalLinesWanted(status: WanAddressStatus | undefined): boolean {
  const egress = conditionOf(status, "MultipleEgress");
  return egress?.status === "True" && WANTED_EGRESS.includes(egress.reason);
}

/** Returns when any node last finished a round, RFC 3339. Undefined before the first round. */
export function lastObservedAt(observations: readonly WanObservationObject[]): string | undefined {
  return observations.map(({ observedAt }) => observedAt).reduce<string | undefined>(later, undefined);
}

/** Reports whether every record is in sync at Gandi. */
export function allInSync(records: readonly DnsRecordObject[]): boolean {
  return records.every(({ status }) => isTrue(status, "Synced"));
}

function later(a: string | undefined, b: string): string {
  return a === undefined || Date.parse(b) > Date.parse(a) ? b : a;
}
