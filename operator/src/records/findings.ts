import { type Condition } from "@esddns/common/api";
import { conditionOf } from "@esddns/common/cluster";
import { clean } from "@esddns/common/text";
import type { Random } from "../runtime/clock.ts";
import type { LiveDnsFailure } from "../gandi/errors.ts";
import type { Rrset } from "../gandi/rrset.ts";
import { backoffMs } from "../runtime/wait.ts";
import { isNotSent, type NotSent, type WriteFailure } from "./rrsets.ts";

type SyncedReason =
  | "Synced"
  | "WaitingForAddress"
  | "WaitingForBudget"
  | "NotGlobal"
  | "Conflict"
  | "TokenRefused"
  | "AccessDenied"
  | "ZoneNotFound"
  | "Invalid"
  | "RateLimited"
  | "GandiUnavailable"
  | "UnexpectedAnswer"
  | "ReadBackDiffers"
  | "Contested"
  | "DryRun";

/** What became of one rrset, or of the record as a whole. */
export interface RecordFinding {
  /** Blocked: something outside has to change, or time to pass, first. Failed: the same may succeed when it is tried again. */
  effect: "none" | "put" | "blocked" | "failed";
  reason: SyncedReason;
  /** For people; says nothing that is another each time, so that the same finding makes the same status. */
  message: string;
  /** Milliseconds after which to look again; absent: there is nothing that looking again would find. */
  retryAfterMs?: number;
  /** The other rrsets of the record would meet the same. */
  general?: true;
}

/** A run that ends early, since what it was made from holds no longer; the next one begins after `retryAfterMs`. */
export interface Interruption {
  effect: "interrupted";
  message: string;
  retryAfterMs: number;
}

/**
 * When to begin again, milliseconds: at once with what was read meanwhile; when the lease should have been renewed; when the
 * watch should have told that the record is gone.
 */
const AGAIN_MS = { Superseded: 0, LeaseTooShort: 2_000, Gone: 15_000 } as const;

/** Of a condition's message, as the CustomResourceDefinition allows: a status with a longer one would be refused. */
const MAX_MESSAGE = 32_768;
/** After failures that pass by themselves; the first retry comes soon because a change of address breaks connections. */
const TRANSIENT = { baseMs: 1_000, maxMs: 300_000 };
/** A record that waits for its turn comes back no sooner: there may be hundreds. */
const TURN_MS = 5_000;
/** A refused token is looked at this often; nothing is sent as long as it is the same one. */
const TOKEN_MS = 60_000;
/** Where a person has to do something at Gandi. */
const PERSON_MS = 300_000;

const reasonOf: Record<Exclude<LiveDnsFailure["kind"], "BudgetSpent">, SyncedReason> = {
  Unauthorized: "TokenRefused",
  Forbidden: "AccessDenied",
  ZoneNotFound: "ZoneNotFound",
  Invalid: "Invalid",
  RateLimited: "RateLimited",
  ServerError: "GandiUnavailable",
  Network: "GandiUnavailable",
  Timeout: "GandiUnavailable",
  Unexpected: "UnexpectedAnswer",
};

/** Every reason that a failed attempt can have. */
export const FAILURE_REASONS: readonly string[] = [...new Set([...Object.values(reasonOf), "ReadBackDiffers"])];

/**
 * What a request that did not succeed makes of a record; one that only has to wait its turn is no failure of it.
 * @param attempt failures of this record in a row before this one.
 */
export function failed(failure: LiveDnsFailure, attempt: number, random: Random): RecordFinding {
  const { kind, message } = failure;
  const retryAfterMs = Math.round(delayMs(failure, attempt, random));
  if (kind === "BudgetSpent") {
    return { effect: "blocked", reason: "WaitingForBudget", message, retryAfterMs, general: true };
  }
  const finding: RecordFinding = { effect: "failed", reason: reasonOf[kind], message, retryAfterMs };
  return kind === "Invalid" ? finding : { ...finding, general: true };
}

/** No failure of the record: nothing was sent, and its conditions stay as they are. */
export function interruption({ kind, message }: NotSent): Interruption {
  return { effect: "interrupted", message, retryAfterMs: AGAIN_MS[kind] };
}

/** What a write that did not succeed makes of a record. */
export function unwritten(failure: WriteFailure, attempt: number, random: Random): RecordFinding | Interruption {
  return isNotSent(failure) ? interruption(failure) : failed(failure, attempt, random);
}

export function inPlace({ type, values, ttl }: Rrset, effect: "none" | "put"): RecordFinding {
  return { effect, reason: "Synced", message: `${type} ${values.join(", ")} (TTL ${ttl}) is in place.` };
}

export function readBackDiffers(rrset: string, attempt: number, random: Random): RecordFinding {
  const message = `Gandi accepted ${rrset}, but what it answers afterwards is something else; it will be tried again. If this lasts, another program writes the same record.`;
  const retryAfterMs = Math.round(backoffMs(attempt, TRANSIENT, random));
  return { effect: "failed", reason: "ReadBackDiffers", message, retryAfterMs };
}

export function conflict(message: string, random: Random): RecordFinding {
  return { effect: "blocked", reason: "Conflict", message, retryAfterMs: Math.round(jitter(PERSON_MS, random)) };
}

/** @param allowedInMs when the next correction is allowed; undefined: never. */
export function contested(
  rrset: string,
  stands: string,
  limit: number,
  allowedInMs: number | undefined,
): RecordFinding {
  const message =
    `Somebody else changes ${rrset}: ${stands} stands there now, and driftLimit allows ${limit} corrections an hour. ` +
    "Find the other program or person (Gandi's history of the domain, an old dynamic DNS client, another cluster) and stop it, " +
    "or delete this record; it is corrected again as soon as the limit allows.";
  return {
    effect: "blocked",
    reason: "Contested",
    message,
    ...(allowedInMs === undefined ? {} : { retryAfterMs: allowedInMs }),
  };
}

/** @param step what would be done, as the rest of a sentence. */
export function planned(step: string): RecordFinding {
  return { effect: "none", reason: "DryRun", message: `Nothing is written because of dryRun; without it: ${step}.` };
}

/** The finding of a record out of those of its rrsets: the worst one's reason, and what there is to say of all. */
export function summarise(findings: readonly RecordFinding[]): RecordFinding {
  const worst = [...findings].sort((a, b) => rank[b.effect] - rank[a.effect])[0];
  if (worst === undefined) throw new Error("a record has at least one rrset");
  const delays = findings.flatMap(({ retryAfterMs }) => (retryAfterMs === undefined ? [] : [retryAfterMs]));
  const { effect, reason } = worst;
  const message = findings.map((finding) => finding.message).join(" ");
  return { effect, reason, message, ...(delays.length === 0 ? {} : { retryAfterMs: Math.min(...delays) }) };
}

/**
 * The record's conditions with this Synced; other types stay as they are. As with metav1.Condition, the time is that of
 * the last change of `status`.
 */
export function withSynced(
  conditions: readonly Condition[],
  finding: RecordFinding,
  options: { generation: number | undefined; now: number },
): Condition[] {
  const { reason, message } = finding;
  const status = reason === "Synced" ? "True" : "False";
  return withCondition(conditions, { type: "Synced", status, reason, message }, options);
}

/** The conditions with this one in the place of that of its type; Synced comes first. */
export function withCondition(
  conditions: readonly Condition[],
  next: Pick<Condition, "type" | "status" | "reason" | "message">,
  { generation, now }: { generation: number | undefined; now: number },
): Condition[] {
  const previous = conditionOf({ conditions }, next.type);
  const condition: Condition = {
    ...next,
    message: clean(next.message, MAX_MESSAGE - 1),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastTransitionTime: previous?.status === next.status ? previous.lastTransitionTime : new Date(now).toISOString(),
  };
  const others = conditions.filter(({ type }) => type !== next.type);
  return next.type === "Synced" ? [condition, ...others] : [...others, condition];
}

const rank: Record<RecordFinding["effect"], number> = { none: 0, put: 1, blocked: 2, failed: 3 };

function delayMs(failure: LiveDnsFailure, attempt: number, random: Random): number {
  switch (failure.kind) {
    case "Network":
    case "Timeout":
      return backoffMs(attempt, TRANSIENT, random);
    case "BudgetSpent":
      // It knows when there is room. All are told the same moment, so that whoever has waited longest comes first.
      return Math.max(Math.ceil(failure.retryAfterMs), TURN_MS);
    case "RateLimited":
      // So does a pause that is not over.
      if (failure.status === undefined) return jitter(failure.retryAfterMs, random);
      return Math.max(backoffMs(attempt, TRANSIENT, random), jitter(failure.retryAfterMs, random));
    case "ServerError":
      return Math.max(backoffMs(attempt, TRANSIENT, random), jitter(failure.retryAfterMs ?? 0, random));
    case "Unauthorized":
      return jitter(TOKEN_MS, random);
    case "Forbidden":
    case "ZoneNotFound":
    case "Invalid":
    case "Unexpected":
      return jitter(PERSON_MS, random);
  }
}

/** Up to a tenth more, never less: records that were told the same time do not come back together. */
function jitter(ms: number, random: Random): number {
  return ms * (1 + 0.1 * random());
}
