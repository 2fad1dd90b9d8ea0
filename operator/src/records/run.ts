/** One run over one record: what it starts from, and what of it goes into the status. */
import type {
  Condition,
  DnsRecordObject,
  DnsRecordStatus,
  LeftRrset,
  PublishedRrset,
  RecordType,
} from "@esddns/common/api";
import type { Clock, Random } from "../runtime/clock.ts";
import { fqdn } from "../gandi/names.ts";
import type { Reservation } from "../gandi/budget.ts";
import type { Logger } from "../runtime/log.ts";
import type { Claim } from "./duplicates.ts";
import { recentCorrections } from "./drift.ts";
import { holdings, isSameZone } from "./left.ts";
import type { NodeAddress } from "./nodeAddress.ts";
import type { NotSent, Place, RrsetApi } from "./rrsets.ts";

export interface RecordContext {
  livedns: RrsetApi;
  clock: Clock;
  log: Logger;
  random: Random;
  /** How many times in a row this record has failed: the next retry comes the later. */
  attempt: number;
  /** For a source of kind Service: the addresses that the Service has. */
  serviceAddresses?: readonly string[] | undefined;
  /** Why they are not known, in words. */
  serviceProblem?: string | undefined;
  /** For ipv6FromNode. */
  nodeAddress?: NodeAddress | undefined;
  /** Types that an older record has, with its name (duplicates.ts). */
  lostTo?: ReadonlyMap<RecordType, string>;
  /**
   * Sees to it that what this status says of rrsets stands written, before what it says is done. Nothing may be done where
   * the record is no longer as it was when the run began; rejects where the API server could not be asked.
   */
  note?: (status: DnsRecordStatus) => Promise<NotSent | undefined>;
  /** Reads all records anew, past the watch: for `claimedBy`, before something is deleted. Answers and rejects like `note`. */
  look?: () => Promise<NotSent | undefined>;
  /** The claim of the other record that has this rrset; undefined: none. */
  claimedBy?: (zone: string, name: string, type: RecordType) => Claim | undefined;
  /** What the statuses of other records say of this rrset: they had it before, or have it no longer. */
  heldByOthers?: (type: string) => readonly PublishedRrset[];
}

/** One run over one record: what it is about, and what is known at this point of it. */
export interface Run {
  readonly record: DnsRecordObject;
  readonly context: RecordContext;
  readonly signal: AbortSignal;
  readonly fqdn: string;
  readonly published: Map<string, PublishedRrset>;
  /** What writes of unknown outcome may have left there, oldest first: it is this record's own. */
  readonly attempted: Map<string, readonly PublishedRrset[]>;
  readonly replaced: Map<string, PublishedRrset>;
  left: readonly LeftRrset[];
  /** Of the last hour, oldest first. */
  readonly corrections: string[];
  readonly corrected: string[];
  /** With dryRun: what would be done. */
  readonly plan: string[];
  /** What stands at the name excludes a CNAME beside it. */
  cnameExcluded: boolean;
  /** Requests that were set aside for the rrset at hand. */
  turn: Reservation | undefined;
}

/** As many former rrsets and corrections as the status may hold. */
const MAX_LEFT = 16;
const MAX_CORRECTIONS = 64;

/** The status without what the findings say. */
export function kept(run: Run): DnsRecordStatus {
  const { record, fqdn, published, attempted, replaced, left, corrections, plan } = run;
  return {
    fqdn,
    zone: record.spec.zone,
    ...(published.size > 0 ? { published: [...published.values()] } : {}),
    ...(attempted.size > 0 ? { attempted: [...attempted.values()].flat() } : {}),
    ...(replaced.size > 0 ? { replaced: [...replaced.values()] } : {}),
    ...(left.length > 0 ? { left: deletedLast(left).slice(-MAX_LEFT) } : {}),
    ...(corrections.length > 0 ? { corrections: corrections.slice(-MAX_CORRECTIONS) } : {}),
    ...(plan.length > 0 ? { plan } : {}),
    conditions: conditionsFor(fqdn, record.status),
  };
}

/** Of too many what is only known goes first. */
function deletedLast(left: readonly LeftRrset[]): LeftRrset[] {
  return [...left].sort((a, b) => Number(b.retained ?? false) - Number(a.retained ?? false));
}

/** The status in the middle of a run: what was done so far, and nothing new in the conditions. */
export function progress(run: Run): DnsRecordStatus {
  const { observedGeneration } = run.record.status ?? {};
  return { ...kept(run), ...(observedGeneration === undefined ? {} : { observedGeneration }) };
}

/** Of another name only Synced goes on: it is about the DnsRecord, not about what stands at the name. */
function conditionsFor(name: string, status: DnsRecordStatus | undefined): Condition[] {
  const conditions = status?.conditions ?? [];
  return status?.fqdn === name ? conditions : conditions.filter(({ type }) => type === "Synced");
}

export function startRun(record: DnsRecordObject, context: RecordContext, signal: AbortSignal): Run {
  const { spec, status } = record;
  const name = fqdn(spec.zone, spec.name);
  // Another zone or name is another record: what is known of the former one says nothing about it.
  const sameName = status?.fqdn === name && isSameZone(status.zone ?? spec.zone, spec.zone);
  const { published, attempted, left } = holdings(spec, status);
  return {
    record,
    context,
    signal,
    fqdn: name,
    published,
    attempted,
    replaced: new Map((sameName ? (status.replaced ?? []) : []).map((rrset) => [rrset.type, rrset])),
    left,
    corrections: recentCorrections(sameName ? status.corrections : [], context.clock.now()),
    corrected: [],
    plan: [],
    cnameExcluded: spec.name === "@",
    turn: undefined,
  };
}

export function placeOf({ record, context, signal, turn }: Run): Place {
  const { zone, name } = record.spec;
  return { livedns: context.livedns, zone, name, signal, turn };
}
