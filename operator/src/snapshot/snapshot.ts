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

/** A watch hears of the API server at least once a minute; after so long without a word it tells old news. Milliseconds. */
export const STALE_MS = 180_000;

/** How fresh the knowledge of one kind is. */
interface WatchState {
  readonly kind: string;
  /** Milliseconds since the API server was last heard of; undefined: never yet. */
  readonly ageMs: number | undefined;
}

/** All that the page, the JSON and the metrics tell, at one moment. */
export interface Snapshot {
  /** Wall clock, milliseconds since the epoch. */
  readonly now: number;
  readonly namespace: string;
  readonly version: string;
  readonly wan: WanAddressObject | undefined;
  readonly observations: readonly WanObservationObject[];
  readonly records: readonly DnsRecordObject[];
  readonly watches: readonly WatchState[];
  /** Read by the page's pod alone. */
  readonly clusterView?: ClusterView;
  /** The day on which Gandi's token ends, for instance 2027-05-01; undefined: nobody has said. */
  readonly gandiTokenExpires?: string | undefined;
}

/** The one address for those who want one: IPv4 where there is one, else IPv6. */
export function wanIp(status: WanAddressStatus | undefined): string | undefined {
  return status?.ipv4 ?? status?.ipv6;
}

/** Every value that is published for a family: one, or with several lines one for each (detection.multiWan: All). */
export function agreedValues(status: WanAddressStatus | undefined, family: Family): readonly string[] {
  const [one, all] =
    family === "IPv4" ? [status?.ipv4, status?.ipv4Addresses] : [status?.ipv6Prefix, status?.ipv6Prefixes];
  return all ?? (one === undefined ? [] : [one]);
}

/** Whether it is meant that nodes leave by different lines. */
export function severalLinesWanted(status: WanAddressStatus | undefined): boolean {
  const egress = conditionOf(status, "MultipleEgress");
  return egress?.status === "True" && WANTED_EGRESS.includes(egress.reason);
}

/** When any node last finished a round, RFC 3339; undefined before the first. */
export function lastObservedAt(observations: readonly WanObservationObject[]): string | undefined {
  return observations.map(({ observedAt }) => observedAt).reduce<string | undefined>(later, undefined);
}

/** Whether every record that there is stands at Gandi as it should. */
export function allInSync(records: readonly DnsRecordObject[]): boolean {
  return records.every(({ status }) => isTrue(status, "Synced"));
}

function later(a: string | undefined, b: string): string {
  return a === undefined || Date.parse(b) > Date.parse(a) ? b : a;
}
