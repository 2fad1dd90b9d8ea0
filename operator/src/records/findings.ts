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

/** The result of a run for one rrset, or for the whole record. */
export interface RecordFinding {
  /** Blocked: something outside must change first, or time must pass. Failed: another try may succeed. */
  effect: "none" | "put" | "blocked" | "failed";
  reason: SyncedReason;
  /** For people. Contains nothing that differs on each run, so that the same finding gives the same status. */
  message: string;
  /** Milliseconds after which to look again. Absent if another look would find nothing new. */
  retryAfterMs?: number;
  /** The other rrsets of the record would have the same result. */
  general?: true;
}

/** A run that ended early because its input is out of date. The next run begins after `retryAfterMs`. */
export interface Interruption {
  effect: "interrupted";
  message: string;
  retryAfterMs: number;
}

/**
 * When to begin again, in milliseconds. Superseded: at once, with the newer input. LeaseTooShort: when the lease should
 * be renewed. Gone: when the watch should have reported that the record is deleted.
 */
const AGAIN_MS = { Superseded: 0, LeaseTooShort: 2_000, Gone: 15_000 } as const;

/** Longest message of a condition. The CustomResourceDefinition refuses a status with a longer one. */
const MAX_MESSAGE = 32_768;
/** Backoff after failures that pass by themselves. The first retry is soon: a change of address breaks connections. */
const TRANSIENT = { baseMs: 1_000, maxMs: 300_000 };
/** A record that waits for its turn is tried again no sooner than this, in milliseconds. There may be hundreds. */
const TURN_MS = 5_000;
/** How often to check whether a refused token was replaced, in milliseconds. Nothing is sent with the same token. */
const TOKEN_MS = 60_000;
/** Retry interval if a person has to change something at Gandi, in milliseconds. */
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
 * Returns the finding for a request that did not succeed. A request that only waits for its turn is not a failure.
 * @param attempt how many times in a row this record failed before.
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

/** Returns the interruption for a write that was not sent. It is not a failure, and the record's conditions stay. */
export function interruption({ kind, message }: NotSent): Interruption {
  return { effect: "interrupted", message, retryAfterMs: AGAIN_MS[kind] };
}

/** Returns the finding or the interruption for a write that did not succeed. */
export function unwritten(failure: WriteFailure, attempt: number, random: Random): RecordFinding | Interruption {
  return isNotSent(failure) ? interruption(failure) : failed(failure, attempt, random);
}

export function inPlace({ type, values, ttl }: Rrset, effect: "none" | "put"): RecordFinding {
  return { effect, reason: "Synced", message: `${type} ${values.join(", ")} (TTL ${ttl}) is in place.` };
}

export function readBackDiffers(rrset: string, attempt: number, random: Random): RecordFinding {
  const message = `Gandi accepted ${rrset}, but then returned something else. The operator tries again. If this lasts, another program writes the same record.`;
  const retryAfterMs = Math.round(backoffMs(attempt, TRANSIENT, random));
  return { effect: "failed", reason: "ReadBackDiffers", message, retryAfterMs };
}

export function conflict(message: string, random: Random): RecordFinding {
  return { effect: "blocked", reason: "Conflict", message, retryAfterMs: Math.round(jitter(PERSON_MS, random)) };
}

/** @param allowedInMs when the next correction is allowed, or undefined if it never is. */
export function contested(
  rrset: string,
  stands: string,
  limit: number,
  allowedInMs: number | undefined,
): RecordFinding {
  const message =
    `Another program or person changes ${rrset}: ${stands} stands there now, and driftLimit allows ${limit} corrections ` +
    "an hour. Find the other writer (Gandi's history of the domain, an old dynamic DNS client, another cluster) and stop it, " +
    "or delete this record. The operator corrects it again as soon as the limit allows.";
  return {
    effect: "blocked",
    reason: "Contested",
    message,
    ...(allowedInMs === undefined ? {} : { retryAfterMs: allowedInMs }),
  };
}

/** @param step what would be done, as the rest of the sentence "the operator would …". */
export function planned(step: string): RecordFinding {
  return {
    effect: "none",
    reason: "DryRun",
    message: `dryRun is set, so nothing is written. Without it the operator would ${step}.`,
  };
}

/** Combines the findings of all rrsets into one for the record: the reason of the worst, and the messages of all. */
export function summarise(findings: readonly RecordFinding[]): RecordFinding {
  const worst = [...findings].sort((a, b) => rank[b.effect] - rank[a.effect])[0];
  if (worst === undefined) throw new Error("a record has at least one rrset");
  const delays = findings.flatMap(({ retryAfterMs }) => (retryAfterMs === undefined ? [] : [retryAfterMs]));
  const { effect, reason } = worst;
  const message = findings.map((finding) => finding.message).join(" ");
  return { effect, reason, message, ...(delays.length === 0 ? {} : { retryAfterMs: Math.min(...delays) }) };
}

/**
 * Returns the record's conditions with Synced set from this finding. Other types stay unchanged. As in
 * metav1.Condition, the time is that of the last change of `status`.
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

/** Returns the conditions with this one in place of the former one of its type. Synced comes first. */
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
      // The budget knows when there is room. All records get the same time, so that the longest waiting one is first.
      return Math.max(Math.ceil(failure.retryAfterMs), TURN_MS);
    case "RateLimited":
      // Without `status` a pause that Gandi asked for still lasts, and its end is known.
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

/** Adds up to a tenth, so that records with the same delay do not all come back at once. */
function jitter(ms: number, random: Random): number {
  return ms * (1 + 0.1 * random());
}
