import type {
  Condition,
  DnsRecordObject,
  DnsRecordStatus,
  PublishedRrset,
  RecordType,
  WanAddressStatus,
} from "../api/index.ts";
import type { Clock, Random } from "../clock.ts";
import type { LiveDnsFailure } from "../gandi/errors.ts";
import type { LiveDns } from "../gandi/livedns.ts";
import { fqdn } from "../gandi/names.ts";
import type { Rrset } from "../gandi/rrset.ts";
import type { Logger } from "../log.ts";
import { type Desired, desiredRrsets } from "./desired.ts";
import { conflict, failed, type Finding, readBackDiffers, summarise, withSynced } from "./findings.ts";
import { type Action, planRrset, sameRrset } from "./plan.ts";

export interface RecordContext {
  livedns: Pick<LiveDns, "getRrset" | "putRrset">;
  clock: Clock;
  log: Logger;
  random: Random;
  /** How many times in a row this record has failed: the next retry comes the later. */
  attempt: number;
  /** For a source of kind Service: the addresses that the Service has. */
  serviceAddresses?: readonly string[];
  /** Types that an older record has, with its name (duplicates.ts). */
  lostTo?: ReadonlyMap<RecordType, string>;
}

export interface Reconciled {
  /** Complete; equal to the former one where nothing has changed. */
  status: DnsRecordStatus;
  /** The worst of what became of its rrsets. */
  action: Finding["effect"];
  retryAfterMs?: number;
}

/** One run over one record: what it is about, and what is known at this point of it. */
interface Run {
  readonly record: DnsRecordObject;
  readonly context: RecordContext;
  readonly signal: AbortSignal;
  readonly fqdn: string;
  readonly published: Map<string, PublishedRrset>;
  readonly replaced: Map<string, PublishedRrset>;
  /** What stands at the name excludes a CNAME beside it. */
  cnameExcluded: boolean;
}

/**
 * Makes a record's rrsets at Gandi what they should be: read, compare, write the whole rrset, read back. Nothing is ever
 * deleted or emptied, and where the desired value is not known, or anything fails, what stands there stays.
 * Everything that can go wrong is in the status; rejects only when the signal aborts, with its reason. Who calls aborts
 * it when it may no longer write.
 */
export async function reconcileRecord(
  record: DnsRecordObject,
  wan: WanAddressStatus | undefined,
  context: RecordContext,
  signal: AbortSignal,
): Promise<Reconciled> {
  const { spec } = record;
  const intent = desiredRrsets({ spec, wan, serviceAddresses: context.serviceAddresses });
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
  const kept: DnsRecordStatus = { fqdn: run.fqdn };
  if (run.published.size > 0) kept.published = [...run.published.values()];
  if (run.replaced.size > 0) kept.replaced = [...run.replaced.values()];
  const conditions = conditionsFor(run.fqdn, record.status);
  return conclude(record, context, summarise(findings), { ...kept, conditions });
}

/** Of another name only Synced goes on: it is about the DnsRecord, not about what stands at the name. */
function conditionsFor(name: string, status: DnsRecordStatus | undefined): Condition[] {
  const conditions = status?.conditions ?? [];
  return status?.fqdn === name ? conditions : conditions.filter(({ type }) => type === "Synced");
}

function startRun(record: DnsRecordObject, context: RecordContext, signal: AbortSignal): Run {
  const { spec, status } = record;
  const name = fqdn(spec.zone, spec.name);
  // Another zone or name is another record: what is known of the former one says nothing about it.
  const known = status?.fqdn === name ? status : {};
  const managed = (known.published ?? []).filter(({ type }) => spec.types.some((wanted) => wanted === type));
  return {
    record,
    context,
    signal,
    fqdn: name,
    published: new Map(managed.map((rrset) => [rrset.type, rrset])),
    replaced: new Map((known.replaced ?? []).map((rrset) => [rrset.type, rrset])),
    cnameExcluded: spec.name === "@",
  };
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

  const found = await look(desired.rrset, run);
  if (!found.ok) return failed(found.error, context.attempt, context.random);
  const { actual, cname } = found;
  const published = run.published.get(type);
  const { conflictPolicy } = run.record.spec;
  const action = planRrset({ desired: desired.rrset, actual, cname, published, conflictPolicy });
  if (actual !== undefined && (published !== undefined || action.kind === "None")) run.published.set(type, actual);

  switch (action.kind) {
    case "None":
      return inPlace(desired.rrset, "none");
    case "Refuse":
      return conflict(`${type} ${run.fqdn}: ${action.message}.`, context.random);
    case "Put":
      return write(desired.rrset, actual, action, run);
  }
}

/** What stands at the name: the rrset, or where it does not exist, a CNAME that would be in its way. */
async function look(
  { type }: Rrset,
  run: Run,
): Promise<{ ok: true; actual?: Rrset; cname?: Rrset } | { ok: false; error: LiveDnsFailure }> {
  const { zone, name } = run.record.spec;
  const { livedns } = run.context;
  const actual = await livedns.getRrset(zone, name, type, run.signal);
  if (!actual.ok) return actual;
  if (actual.value !== undefined) {
    run.cnameExcluded = true;
    return { ok: true, actual: actual.value };
  }
  if (run.cnameExcluded) return { ok: true };
  const cname = await livedns.getRrset(zone, name, "CNAME", run.signal);
  if (!cname.ok) return cname;
  if (cname.value !== undefined) return { ok: true, cname: cname.value };
  run.cnameExcluded = true;
  return { ok: true };
}

async function write(
  rrset: Rrset,
  actual: Rrset | undefined,
  { because }: Extract<Action, { kind: "Put" }>,
  run: Run,
): Promise<Finding> {
  const { context, signal, record } = run;
  const { livedns, log, attempt, random } = context;
  const { zone, name } = record.spec;
  const { type } = rrset;
  const fields = { record: record.metadata.name, fqdn: run.fqdn, type, to: rrset.values, ttl: rrset.ttl };
  if (because === "TakenOver" && actual !== undefined) {
    // Noted before the request: if its answer gets lost, what stood there is gone all the same.
    run.replaced.set(type, actual);
    log.info({ ...fields, replaced: actual }, "Taking over a DNS record that stood there before");
  }

  const put = await livedns.putRrset(zone, name, rrset, signal);
  if (!put.ok) return failed(put.error, attempt, random);
  run.published.set(type, rrset);
  log.info({ ...fields, from: actual?.values, because }, "DNS record written");

  const back = await livedns.getRrset(zone, name, type, signal);
  if (!back.ok) return failed(back.error, attempt, random);
  if (back.value === undefined || !sameRrset(back.value, rrset)) {
    if (back.value !== undefined) run.published.set(type, back.value);
    return readBackDiffers(`${type} ${run.fqdn}`, attempt, random);
  }
  run.published.set(type, back.value);
  return inPlace(rrset, "put");
}

function inPlace({ type, values, ttl }: Rrset, effect: "none" | "put"): Finding {
  return { effect, reason: "Synced", message: `${type} ${values.join(", ")} (TTL ${ttl}) is in place.` };
}

function conclude(
  record: DnsRecordObject,
  { clock, log }: RecordContext,
  finding: Finding,
  kept: DnsRecordStatus,
): Reconciled {
  const { generation, name } = record.metadata;
  const conditions = withSynced(kept.conditions ?? [], finding, { generation, now: clock.now() });
  const { effect, reason, message, retryAfterMs } = finding;
  if (effect === "blocked" || effect === "failed") {
    const before = record.status?.conditions?.find(({ type }) => type === "Synced");
    const news = before?.reason !== reason || before.message !== message;
    log[news ? "warn" : "debug"]({ record: name, reason, detail: message }, "DNS record is not in sync");
  }
  return {
    status: { ...kept, ...(generation === undefined ? {} : { observedGeneration: generation }), conditions },
    action: effect,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
