/** One run over one record: its input, its state, and the status made from it. */
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
import { isSameZone, ownedRrsets } from "./ownedRrsets.ts";
import type { NodeAddress } from "./nodeAddress.ts";
import type { NotSent, Place, RrsetApi } from "./rrsets.ts";

export interface RecordContext {
  livedns: RrsetApi;
  clock: Clock;
  log: Logger;
  random: Random;
  /** How many times in a row this record has failed. More failures make the next retry later. */
  attempt: number;
  /** For a source of kind Service: the Service's addresses. */
  serviceAddresses?: readonly string[] | undefined;
  /** Why the Service's addresses are not known, in words. */
  serviceProblem?: string | undefined;
  /** For ipv6FromNode: that node's own address, or why there is none. */
  nodeAddress?: NodeAddress | undefined;
  /** Types that an older record owns, with that record's name (duplicates.ts). */
  lostTo?: ReadonlyMap<RecordType, string>;
  /**
   * Writes this status to the API server before the run does what the status announces. Returns why the run must not go
   * on if the record has changed since the run began. Rejects if the API server could not be asked.
   */
  note?: (status: DnsRecordStatus) => Promise<NotSent | undefined>;
  /**
   * Reads all records again from the API server, so that `claimedBy` is up to date before a deletion. Returns and
   * rejects as `note` does.
   */
  look?: () => Promise<NotSent | undefined>;
  /** Returns the claim of the other record that owns this rrset, or undefined if no other record does. */
  claimedBy?: (zone: string, name: string, type: RecordType) => Claim | undefined;
  /** Returns what the statuses of other records say about this rrset: it may have belonged to one of them before. */
  heldByOthers?: (type: string) => readonly PublishedRrset[];
}

/** The state of one run over one record. */
export interface Run {
  readonly record: DnsRecordObject;
  readonly context: RecordContext;
  readonly signal: AbortSignal;
  readonly fqdn: string;
  readonly published: Map<string, PublishedRrset>;
  /** What writes of unknown outcome may have left at Gandi, oldest first. It belongs to this record. */
  readonly attempted: Map<string, readonly PublishedRrset[]>;
  readonly replaced: Map<string, PublishedRrset>;
  /** Rrsets under a former name or type. The status keeps them in `left`. */
  former: readonly LeftRrset[];
  /** Times of the corrections in the last hour, oldest first. */
  readonly corrections: string[];
  readonly corrected: string[];
  /** With dryRun: the steps that a run without dryRun would take. */
  readonly plan: string[];
  /** Whether a CNAME at the name is known to be impossible. */
  cnameExcluded: boolean;
  /** Requests that were reserved for the current rrset. */
  turn: Reservation | undefined;
}

/** How many former rrsets and corrections the status may hold. */
const MAX_FORMER = 16;
const MAX_CORRECTIONS = 64;

/** Returns the status without the results of this run's findings. */
export function kept(run: Run): DnsRecordStatus {
  const { record, fqdn, published, attempted, replaced, former, corrections, plan } = run;
  return {
    fqdn,
    zone: record.spec.zone,
    ...(published.size > 0 ? { published: [...published.values()] } : {}),
    ...(attempted.size > 0 ? { attempted: [...attempted.values()].flat() } : {}),
    ...(replaced.size > 0 ? { replaced: [...replaced.values()] } : {}),
    ...(former.length > 0 ? { left: deletedLast(former).slice(-MAX_FORMER) } : {}),
    ...(corrections.length > 0 ? { corrections: corrections.slice(-MAX_CORRECTIONS) } : {}),
    ...(plan.length > 0 ? { plan } : {}),
    conditions: conditionsFor(fqdn, record.status),
  };
}

/** Puts rrsets that will not be deleted first, so that they are dropped first if there are too many. */
function deletedLast(former: readonly LeftRrset[]): LeftRrset[] {
  return [...former].sort((a, b) => Number(b.retained ?? false) - Number(a.retained ?? false));
}

/** Returns the status in the middle of a run: what was done so far, with unchanged conditions. */
export function progress(run: Run): DnsRecordStatus {
  const { observedGeneration } = run.record.status ?? {};
  return { ...kept(run), ...(observedGeneration === undefined ? {} : { observedGeneration }) };
}

/** After a change of name only Synced is kept: it describes the DnsRecord, not the rrsets at the former name. */
function conditionsFor(name: string, status: DnsRecordStatus | undefined): Condition[] {
  const conditions = status?.conditions ?? [];
  return status?.fqdn === name ? conditions : conditions.filter(({ type }) => type === "Synced");
}

export function startRun(record: DnsRecordObject, context: RecordContext, signal: AbortSignal): Run {
  const { spec, status } = record;
  const name = fqdn(spec.zone, spec.name);
  // After a change of zone or name, what is known about the former rrsets does not apply.
  const sameName = status?.fqdn === name && isSameZone(status.zone ?? spec.zone, spec.zone);
  const { published, attempted, former } = ownedRrsets(spec, status);
  return {
    record,
    context,
    signal,
    fqdn: name,
    published,
    attempted,
    replaced: new Map((sameName ? (status.replaced ?? []) : []).map((rrset) => [rrset.type, rrset])),
    former,
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
