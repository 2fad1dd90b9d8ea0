import { conditionOf, isTrue } from "@esddns/common/cluster";
import { type DnsRecordObject, type DnsRecordStatus, type RecordType, type WanAddressStatus } from "@esddns/common/api";
import { clean, cleanValues } from "@esddns/common/text";
import type { LiveDnsFailure } from "../gandi/errors.ts";
import { fqdn } from "../gandi/names.ts";
import type { Rrset } from "../gandi/rrset.ts";
import { type Desired, desiredRrsets } from "./desired.ts";
import { correctionAllowedInMs } from "./drift.ts";
import {
  conflict,
  contested,
  failed,
  type RecordFinding,
  inPlace,
  type Interruption,
  planned,
  summarise,
  unwritten,
  withSynced,
} from "./findings.ts";
import { type Abandoned, groupByPlace, isOf } from "./ownedRrsets.ts";
import { type Action, planRrset, sameRrset } from "./plan.ts";
import { isTakenOver, removeRrset } from "./removal.ts";
import { look, mayHaveComeThrough, type NotSent } from "./rrsets.ts";
import { kept, placeOf, progress, type RecordContext, type Run, startRun } from "./run.ts";
import { isUnderWay, writeRrset } from "./write.ts";

/** Longest step of the plan that the status may hold, in characters. */
const MAX_STEP = 1024;

export interface Reconciled {
  /** The complete status. Equal to the former one if nothing has changed. */
  status: DnsRecordStatus;
  /** The worst effect among the record's rrsets. */
  action: RecordFinding["effect"];
  /** Foreign changes that were undone, in words. */
  corrected: string[];
  /** The run ended early because its input is out of date. Another run has to begin after `retryAfterMs`. */
  interrupted?: true;
  retryAfterMs?: number;
}

/**
 * Brings a record's rrsets at Gandi to the desired content: reads, compares, writes the whole rrset, reads it back. It
 * never empties an rrset. If the desired value is not known, or anything fails, the rrset stays unchanged. It deletes
 * only what the record published under a former name or type, and only with deletionPolicy Delete.
 *
 * Every failure is reported in the status. Rejects only if the signal aborts, with its reason, or if `note` could not
 * record a write before it is sent. The caller aborts the signal when it may no longer write.
 */
export async function reconcileRecord(
  record: DnsRecordObject,
  wan: WanAddressStatus | undefined,
  context: RecordContext,
  signal: AbortSignal,
): Promise<Reconciled> {
  const { spec } = record;
  const intent = desiredRrsets({ ...context, spec, wan });
  if (intent.kind === "Invalid") {
    const message = `Correct this record in esddns:records and run "pulumi up": ${intent.problems.join("; ")}.`;
    return conclude(record, context, { effect: "blocked", reason: "Invalid", message }, record.status ?? {});
  }

  const run = startRun(record, context, signal);
  const findings: RecordFinding[] = [];
  for (const desired of intent.desired) {
    const finding = await settle(desired, run);
    if (finding.effect === "interrupted") return interrupt(run, finding, findings);
    findings.push(finding);
    if (finding.general) break;
  }
  // Delete former rrsets only after all present ones are in place.
  if (findings.every(({ effect }) => effect === "none" || effect === "put")) {
    for (const group of groupByPlace(run.former)) {
      const finding = await removeFormer(group, run);
      if (finding?.effect === "interrupted") return interrupt(run, finding, findings);
      if (finding !== undefined) findings.push(finding);
    }
  }
  return { ...conclude(record, context, summarise(findings), kept(run)), corrected: run.corrected };
}

async function settle(desired: Desired, run: Run): Promise<RecordFinding | Interruption> {
  const { context } = run;
  const { type } = desired;
  const winner = context.lostTo?.get(type);
  if (winner !== undefined) {
    await disownTaken(type, run);
    const message = `DnsRecord ${winner} is older and has ${type} ${run.fqdn}: remove one of the two.`;
    return { effect: "blocked", reason: "Conflict", message };
  }
  if (desired.kind === "Keep") {
    return { effect: "blocked", reason: desired.reason, message: `${type} ${run.fqdn}: ${desired.message}.` };
  }

  const turn = context.livedns.reserve(requestsFor(run), urgencyOf(desired.rrset, run));
  if (!turn.ok) return notLooked(turn.error, desired.rrset, run);
  run.turn = turn.value;
  try {
    return await settleInTurn(desired.rrset, run);
  } finally {
    run.turn.release();
    run.turn = undefined;
  }
}

/** Returns how many requests one rrset needs at most: two GETs (the second for a CNAME), the PUT and its read-back. */
function requestsFor({ record, cnameExcluded }: Run): number {
  return (cnameExcluded ? 1 : 2) + (record.spec.dryRun ? 0 : 2);
}

/** Returns "look" if the rrset is known to be as desired: the request could find only a foreign change. */
function urgencyOf(rrset: Rrset, { record, published, attempted }: Run): "change" | "look" {
  const noted = published.get(rrset.type);
  const settled = noted !== undefined && sameRrset(noted, rrset) && !attempted.has(rrset.type);
  return settled || record.spec.dryRun ? "look" : "change";
}

async function settleInTurn(rrset: Rrset, run: Run): Promise<RecordFinding | Interruption> {
  const { type } = rrset;
  const found = await look(type, placeOf(run), run.cnameExcluded);
  if (!found.ok) return notLooked(found.error, rrset, run);
  const { actual, cname } = found;
  if (cname === undefined) run.cnameExcluded = true;
  const attempts = run.attempted.get(type) ?? [];
  const own = actual && attempts.find((attempt) => sameRrset(attempt, actual));
  if (own !== undefined) {
    run.published.set(type, own);
    const others = attempts.filter((attempt) => attempt !== own);
    if (others.length === 0) run.attempted.delete(type);
    else run.attempted.set(type, others);
  }
  // The operator wrote this value too, for another record from which this one took over the name.
  const handed = actual && run.context.heldByOthers?.(type).find((held) => sameRrset(held, actual));
  const action = planRrset({
    desired: rrset,
    actual,
    cname,
    published: handed ?? run.published.get(type),
    conflictPolicy: run.record.spec.conflictPolicy,
  });
  return carryOut(action, rrset, actual, run);
}

/** Removes the rrset from this record's status once it belongs to the record that won the name. */
async function disownTaken(type: RecordType, { record, context, signal, published, attempted }: Run): Promise<void> {
  const { zone, name } = record.spec;
  const claim = context.claimedBy?.(zone, name, type);
  const own = [...(attempted.get(type) ?? []), ...[published.get(type)].filter((rrset) => rrset !== undefined)];
  if (claim === undefined || own.length === 0) return;
  const candidates = own.map((rrset) => ({ zone, name, ...rrset }));
  if (!(await isTakenOver({ zone, name, type, candidates }, claim, { livedns: context.livedns, signal }))) return;
  published.delete(type);
  attempted.delete(type);
}

/**
 * Returns the finding for an rrset that could not be read. If the record only waits for its turn, an rrset that was in
 * place at the last look counts as still in place.
 */
function notLooked(error: LiveDnsFailure, rrset: Rrset, { record, published, context }: Run): RecordFinding {
  const finding = failed(error, context.attempt, context.random);
  const synced = isTrue(record.status, "Synced");
  const noted = published.get(rrset.type);
  if (error.kind !== "BudgetSpent" || !synced || noted === undefined || !sameRrset(noted, rrset)) return finding;
  const { retryAfterMs } = finding;
  return { ...inPlace(rrset, "none"), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

async function carryOut(
  action: Action,
  rrset: Rrset,
  actual: Rrset | undefined,
  run: Run,
): Promise<RecordFinding | Interruption> {
  const { context, corrections } = run;
  const { driftLimit, dryRun } = run.record.spec;
  const what = `${rrset.type} ${run.fqdn}`;
  if (action.kind === "Refuse") return conflict(`${what}: ${action.message}.`, context.random);
  // The limit stops two programs that keep overwriting one value, so a new address is never delayed.
  // A correction that was already begun has been counted.
  if (action.kind === "Put" && action.because === "Drifted" && action.isRepeat && !isUnderWay(rrset, run)) {
    const allowedInMs = correctionAllowedInMs(corrections, driftLimit, context.clock.now());
    if (allowedInMs !== 0)
      return contested(what, actual === undefined ? "nothing" : cleanValues(actual.values), driftLimit, allowedInMs);
  }
  if (dryRun) return plan(planStep(run.fqdn, rrset, actual, action), run);
  if (action.kind === "Put") return writeRrset(rrset, actual, action, run);
  run.published.set(rrset.type, actual ?? rrset);
  run.attempted.delete(rrset.type);
  return inPlace(rrset, "none");
}

/** Deletes what the record published under a former name or type. What cannot be deleted yet stays in the status. */
async function removeFormer(group: Abandoned, run: Run): Promise<RecordFinding | Interruption | undefined> {
  const { context, record, signal } = run;
  const { livedns, claimedBy = () => undefined, look = nothingNew, note = nothingNew } = context;
  const what = `${group.type} ${fqdn(group.zone, group.name)}`;
  const before = run.former;
  const noteRemoval = async (): Promise<NotSent | undefined> => {
    run.former = before.map((rrset) => (isOf(group, rrset) ? { ...rrset, attempted: true } : rrset));
    return await note(progress(run));
  };
  if (record.spec.dryRun) {
    const toGo = group.candidates.filter(({ retained }) => retained !== true);
    if (toGo.length === 0 || claimedBy(group.zone, group.name, group.type) !== undefined) return undefined;
    const values = toGo.map((each) => `${each.values.join(", ")} (TTL ${each.ttl})`).join(" or ");
    return plan(`delete ${what} ${values} if it still stands so`, run);
  }
  const removal = await removeRrset(group, { livedns, signal, claimedBy, look, note: noteRemoval });
  if (removal.kind === "Retained" || removal.kind === "Claimable") return undefined;
  context.log.info({ record: record.metadata.name, what, outcome: removal.kind }, "Former DNS record");
  if (removal.kind === "Failed") {
    if (!mayHaveComeThrough(removal.error)) run.former = before;
    if (removal.error.kind === "LeaseTooShort") await note(progress(run));
    return unwritten(removal.error, context.attempt, context.random);
  }
  run.former = run.former.filter((rrset) => !isOf(group, rrset));
  return undefined;
}

function nothingNew(): Promise<undefined> {
  return Promise.resolve(undefined);
}

function plan(step: string, run: Run): RecordFinding {
  run.plan.push(clean(step, MAX_STEP - 1));
  return planned(step);
}

/** Describes what a run without dryRun would do with one rrset. */
function planStep(name: string, rrset: Rrset, actual: Rrset | undefined, action: Action): string {
  const wanted = `${rrset.type} ${name} ${rrset.values.join(", ")} (TTL ${rrset.ttl})`;
  if (action.kind === "None") return `leave ${wanted}, which stands there`;
  return actual === undefined
    ? `create ${wanted}`
    : `write ${wanted} in place of ${cleanValues(actual.values)} (TTL ${actual.ttl})`;
}

/** Ends a run early. The status has what the run did, but the conditions are left to the next run. */
function interrupt(run: Run, { message, retryAfterMs }: Interruption, findings: readonly RecordFinding[]): Reconciled {
  run.context.log.info(
    { record: run.record.metadata.name, detail: message },
    "DNS record to be looked at again at once",
  );
  const action = findings.some(({ effect }) => effect === "put") ? "put" : "none";
  return { status: progress(run), action, corrected: run.corrected, interrupted: true, retryAfterMs };
}

function conclude(
  record: DnsRecordObject,
  { clock, log }: RecordContext,
  finding: RecordFinding,
  rest: DnsRecordStatus,
): Reconciled {
  const { generation, name } = record.metadata;
  const conditions = withSynced(rest.conditions ?? [], finding, { generation, now: clock.now() });
  const { effect, reason, message, retryAfterMs } = finding;
  if (effect === "blocked" || effect === "failed") {
    const before = conditionOf(record.status, "Synced");
    const news = before?.reason !== reason || before.message !== message;
    log[news ? "warn" : "debug"]({ record: name, reason, detail: message }, "DNS record is not in sync");
  }
  return {
    status: { ...rest, ...(generation === undefined ? {} : { observedGeneration: generation }), conditions },
    action: effect,
    corrected: [],
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
