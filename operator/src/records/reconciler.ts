import type { DnsRecordObject, DnsRecordStatus, LeftRrset, WanAddressStatus } from "../api/index.ts";
import type { LiveDnsFailure } from "../gandi/errors.ts";
import { fqdn } from "../gandi/names.ts";
import type { Rrset } from "../gandi/rrset.ts";
import { type Desired, desiredRrsets } from "./desired.ts";
import { correctionAllowedInMs } from "./drift.ts";
import {
  conflict,
  contested,
  failed,
  type Finding,
  planned,
  readBackDiffers,
  summarise,
  withSynced,
} from "./findings.ts";
import { isAddressType } from "./left.ts";
import { type Action, planRrset, sameRrset } from "./plan.ts";
import { isSame, look, mayHaveComeThrough, readBack, remove } from "./rrsets.ts";
import { kept, placeOf, type RecordContext, type Run, startRun } from "./run.ts";

/** What the status may hold: values of one rrset, characters of a step of the plan. */
const MAX_VALUES = 64;
const MAX_STEP = 1024;

export interface Reconciled {
  /** Complete; equal to the former one where nothing has changed. */
  status: DnsRecordStatus;
  /** The worst of what became of its rrsets. */
  action: Finding["effect"];
  /** Somebody else's changes that were undone, in words. */
  corrected: string[];
  retryAfterMs?: number;
}

/**
 * Makes a record's rrsets at Gandi what they should be: read, compare, write the whole rrset, read back. Nothing is ever
 * emptied, and where the desired value is not known, or anything fails, what stands there stays. Deleted is only what the
 * record published under a name or type that it no longer has, and only with deletionPolicy Delete.
 * Everything that can go wrong is in the status; rejects only when the signal aborts, with its reason, or where a note
 * could not be made of what is about to be written and replaced. Who calls aborts it when it may no longer write.
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
  const findings: Finding[] = [];
  for (const desired of intent.desired) {
    const finding = await settle(desired, run);
    findings.push(finding);
    if (finding.general) break;
  }
  // What is new stands before what is old goes.
  const stands = findings.every(({ effect }) => effect === "none" || effect === "put");
  if (stands) findings.push(...(await removeLeft(run)));
  return { ...conclude(record, context, summarise(findings), kept(run)), corrected: run.corrected };
}

async function settle(desired: Desired, run: Run): Promise<Finding> {
  const { context } = run;
  const { type } = desired;
  const winner = context.lostTo?.get(type);
  if (winner !== undefined) {
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

/** What a change of one rrset takes at most: two looks (the second for a CNAME), the PUT, and the look after it. */
function requestsFor({ record, cnameExcluded }: Run): number {
  return (cnameExcluded ? 1 : 2) + (record.spec.dryRun ? 0 : 2);
}

/** Where the rrset is known to stand as desired, only somebody else's change would be news. */
function urgencyOf(rrset: Rrset, { record, published, attempted }: Run): "change" | "look" {
  const noted = published.get(rrset.type);
  const settled = noted !== undefined && sameRrset(noted, rrset) && !attempted.has(rrset.type);
  return settled || record.spec.dryRun ? "look" : "change";
}

async function settleInTurn(rrset: Rrset, run: Run): Promise<Finding> {
  const { type } = rrset;
  const found = await look(type, placeOf(run), run.cnameExcluded);
  if (!found.ok) return notLooked(found.error, rrset, run);
  const { actual, cname } = found;
  if (cname === undefined) run.cnameExcluded = true;
  const attempted = run.attempted.get(type);
  if (actual !== undefined && attempted !== undefined && sameRrset(actual, attempted)) {
    run.published.set(type, attempted);
    run.attempted.delete(type);
  }
  const action = planRrset({
    desired: rrset,
    actual,
    cname,
    published: run.published.get(type),
    conflictPolicy: run.record.spec.conflictPolicy,
  });
  return carryOut(action, rrset, actual, run);
}

/** Where only the turn has not come yet, what was in place by the last look is taken to be still. */
function notLooked(error: LiveDnsFailure, rrset: Rrset, { record, published, context }: Run): Finding {
  const finding = failed(error, context.attempt, context.random);
  const synced = record.status?.conditions?.some(({ type, status }) => type === "Synced" && status === "True") ?? false;
  const noted = published.get(rrset.type);
  if (error.kind !== "BudgetSpent" || !synced || noted === undefined || !sameRrset(noted, rrset)) return finding;
  const { retryAfterMs } = finding;
  return { ...inPlace(rrset, "none"), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

async function carryOut(action: Action, rrset: Rrset, actual: Rrset | undefined, run: Run): Promise<Finding> {
  const { context, corrections } = run;
  const { driftLimit, dryRun } = run.record.spec;
  const what = `${rrset.type} ${run.fqdn}`;
  if (action.kind === "Refuse") return conflict(`${what}: ${action.message}.`, context.random);
  // The limit is against a tug of war over one value: a new address is never held.
  if (action.kind === "Put" && action.because === "Drifted" && action.isRepeat) {
    const allowedInMs = correctionAllowedInMs(corrections, driftLimit, context.clock.now());
    if (allowedInMs !== 0) return contested(what, actual?.values.join(", ") ?? "nothing", driftLimit, allowedInMs);
  }
  if (dryRun) return note(planStep(run.fqdn, rrset, actual, action), run);
  if (action.kind === "Put") return write(rrset, actual, action, run);
  run.published.set(rrset.type, actual ?? rrset);
  run.attempted.delete(rrset.type);
  return inPlace(rrset, "none");
}

async function write(
  rrset: Rrset,
  actual: Rrset | undefined,
  { because }: Extract<Action, { kind: "Put" }>,
  run: Run,
): Promise<Finding> {
  const { context, record, published, attempted } = run;
  const { livedns, log, attempt, random, clock } = context;
  const { type } = rrset;
  const fields = { record: record.metadata.name, fqdn: run.fqdn, type, to: rrset.values, ttl: rrset.ttl };
  const earlier = attempted.get(type);
  // After a first attempt of unknown outcome what stands there may be no longer what a person had there, and was noted.
  if (because === "TakenOver" && actual !== undefined && !(earlier !== undefined && run.replaced.has(type))) {
    log.info({ ...fields, replaced: actual }, "Taking over a DNS record that stood there before");
    run.replaced.set(type, { ...actual, values: actual.values.slice(0, MAX_VALUES) });
  }
  if (!published.has(type)) await noteFirst(rrset, run);

  const place = placeOf(run);
  const put = await livedns.putRrset(place.zone, place.name, rrset, run.signal, place.turn);
  if (!put.ok) {
    if (mayHaveComeThrough(put.error)) attempted.set(type, rrset);
    else if (earlier === undefined) attempted.delete(type);
    else attempted.set(type, earlier);
    return failed(put.error, attempt, random);
  }
  const before = published.get(type);
  published.set(type, rrset);
  attempted.delete(type);
  log.info({ ...fields, from: actual?.values, because }, "DNS record written");
  if (because === "Drifted") {
    run.corrections.push(new Date(clock.now()).toISOString());
    const stood = actual === undefined ? "nothing" : `${actual.values.join(", ")} (TTL ${actual.ttl})`;
    const count = `correction ${run.corrections.length} of ${record.spec.driftLimit} within an hour`;
    run.corrected.push(
      `${type} ${run.fqdn} was ${stood} and is ${rrset.values.join(", ")} (TTL ${rrset.ttl}) again: ${count}`,
    );
  }

  const back = await readBack(rrset, place, clock);
  if (!back.ok) return failed(back.error, attempt, random);
  if (isSame(back.value, rrset)) return inPlace(rrset, "put");
  // What stood there before is an answer that is late, and no sign of somebody else: it is not to count as drift.
  if (isSame(back.value, actual)) {
    if (before === undefined) published.delete(type);
    else published.set(type, before);
    attempted.set(type, rrset);
  }
  return readBackDiffers(`${type} ${run.fqdn}`, attempt, random);
}

/**
 * Notes what is about to be written, and what stood there, before the first request of all: whoever stops this process, or
 * takes the lease, while the answer is on its way would find a value that nobody is known to have written.
 */
async function noteFirst(rrset: Rrset, run: Run): Promise<void> {
  run.attempted.set(rrset.type, rrset);
  const { observedGeneration } = run.record.status ?? {};
  await run.context.note?.({ ...kept(run), ...(observedGeneration === undefined ? {} : { observedGeneration }) });
}

/** Deletes what the record published under a former name or type; what cannot be deleted yet stays noted. */
async function removeLeft(run: Run): Promise<Finding[]> {
  const { context, record, signal, left } = run;
  const remaining: LeftRrset[] = [];
  const findings: Finding[] = [];
  for (const rrset of left) {
    const { zone, name, type, ttl, values } = rrset;
    if (!isAddressType(type) || context.claimedBy?.(zone, name, type) !== undefined) continue;
    const what = `${type} ${fqdn(zone, name)}`;
    if (record.spec.dryRun) {
      remaining.push(rrset);
      findings.push(note(`delete ${what} ${values.join(", ")} (TTL ${ttl}) if it still stands so`, run));
      continue;
    }
    const removal = await remove({ type, ttl, values }, { livedns: context.livedns, zone, name, signal });
    context.log.info({ record: record.metadata.name, what, outcome: removal.kind }, "Former DNS record");
    if (removal.kind !== "Failed") continue;
    remaining.push(rrset);
    findings.push(failed(removal.error, context.attempt, context.random));
  }
  run.left = remaining;
  return findings;
}

function note(step: string, run: Run): Finding {
  run.plan.push(step.slice(0, MAX_STEP));
  return planned(step);
}

/** For people: what a run without dryRun would do about one rrset. */
function planStep(name: string, rrset: Rrset, actual: Rrset | undefined, action: Action): string {
  const wanted = `${rrset.type} ${name} ${rrset.values.join(", ")} (TTL ${rrset.ttl})`;
  if (action.kind === "None") return `leave ${wanted}, which stands there`;
  return actual === undefined
    ? `create ${wanted}`
    : `write ${wanted} in place of ${actual.values.join(", ")} (TTL ${actual.ttl})`;
}

function inPlace({ type, values, ttl }: Rrset, effect: "none" | "put"): Finding {
  return { effect, reason: "Synced", message: `${type} ${values.join(", ")} (TTL ${ttl}) is in place.` };
}

function conclude(
  record: DnsRecordObject,
  { clock, log }: RecordContext,
  finding: Finding,
  rest: DnsRecordStatus,
): Reconciled {
  const { generation, name } = record.metadata;
  const conditions = withSynced(rest.conditions ?? [], finding, { generation, now: clock.now() });
  const { effect, reason, message, retryAfterMs } = finding;
  if (effect === "blocked" || effect === "failed") {
    const before = record.status?.conditions?.find(({ type }) => type === "Synced");
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
