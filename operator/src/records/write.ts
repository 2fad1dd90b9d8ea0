/** Writes one rrset: records it in the status, sends it, reads it back. */
import { type PublishedRrset } from "@esddns/common/api";
import { cleanEach, cleanValues } from "@esddns/common/text";
import type { Rrset } from "../gandi/rrset.ts";
import {
  failed,
  type RecordFinding,
  inPlace,
  type Interruption,
  interruption,
  readBackDiffers,
  unwritten,
} from "./findings.ts";
import { addAttempt } from "./ownedRrsets.ts";
import { type Action, sameRrset } from "./plan.ts";
import { isNotSent, isSame, mayHaveComeThrough, readBack } from "./rrsets.ts";
import { placeOf, progress, type Run } from "./run.ts";

type Put = Extract<Action, { kind: "Put" }>;

/** Most values of one rrset that the status may hold. */
const MAX_VALUES = 64;

/**
 * Writes one rrset. Before the request it records in the status what it is about to write and what it replaces. If this
 * process stops or loses the lease at any moment, its successor knows that the value belongs to the record.
 */
export async function writeRrset(
  rrset: Rrset,
  actual: Rrset | undefined,
  { because }: Put,
  run: Run,
): Promise<RecordFinding | Interruption> {
  const { context, record, published, attempted } = run;
  const { livedns, log, attempt, random, clock } = context;
  const { type } = rrset;
  const forget = intend(rrset, actual, because, run);
  const outdated = await context.note?.(progress(run));
  if (outdated !== undefined) {
    forget();
    return interruption(outdated);
  }

  const place = placeOf(run);
  const put = await livedns.putRrset(place.zone, place.name, rrset, run.signal, place.turn);
  if (!put.ok) {
    if (!mayHaveComeThrough(put.error)) forget();
    if (isNotSent(put.error)) await context.note?.(progress(run));
    return unwritten(put.error, attempt, random);
  }
  const before = published.get(type);
  published.set(type, rrset);
  attempted.delete(type);
  const fields = { record: record.metadata.name, fqdn: run.fqdn, type, to: rrset.values, ttl: rrset.ttl };
  log.info({ ...fields, from: actual && cleanEach(actual.values), because }, "DNS record written");
  if (because === "Drifted") run.corrected.push(correction(rrset, actual, run));

  const back = await readBack(rrset, place, clock);
  if (!back.ok) return failed(back.error, attempt, random);
  if (isSame(back.value, rrset)) return inPlace(rrset, "put");
  // The value from before the write is a late answer and must not count as drift. After drift it is the other program's
  // value, and the next correction must count against driftLimit.
  if (because !== "Drifted" && isSame(back.value, actual)) {
    if (before === undefined) published.delete(type);
    else published.set(type, before);
    addAttempt(attempted, rrset);
  }
  return readBackDiffers(`${type} ${run.fqdn}`, attempt, random);
}

/** Returns whether a run of unknown outcome may have written exactly this value already. */
export function isUnderWay(rrset: Rrset, { attempted }: Run): boolean {
  return attempted.get(rrset.type)?.some((each) => sameRrset(each, rrset)) ?? false;
}

/**
 * Adds to the run what is about to be written.
 * @returns a function that removes it again, for a write that certainly did not happen.
 */
function intend(rrset: Rrset, actual: Rrset | undefined, because: Put["because"], run: Run): () => void {
  const { context, record, attempted, replaced, corrections } = run;
  const { type } = rrset;
  const [earlier, stood] = [attempted.get(type), replaced.get(type)];
  // If a write of unknown outcome was counted already, this is still the same correction.
  const isCounted = earlier !== undefined && corrections.length > 0;
  const time = because === "Drifted" && !isCounted ? new Date(context.clock.now()).toISOString() : undefined;
  if (time !== undefined) corrections.push(time);
  if (because === "TakenOver" && actual !== undefined) {
    const kept = { ...actual, values: cleanEach(actual.values, MAX_VALUES) };
    const taken = { record: record.metadata.name, fqdn: run.fqdn, type, to: rrset.values, replaced: kept };
    context.log.info(taken, "Taking over a DNS record that stood there before");
    replaced.set(type, kept);
  }
  addAttempt(attempted, rrset);
  return () => {
    if (time !== undefined) corrections.pop();
    restore(replaced, type, stood);
    restore(attempted, type, earlier);
  };
}

function restore<T extends PublishedRrset | readonly PublishedRrset[]>(
  map: Map<string, T>,
  type: string,
  value: T | undefined,
): void {
  if (value === undefined) map.delete(type);
  else map.set(type, value);
}

function correction({ type, values, ttl }: Rrset, actual: Rrset | undefined, run: Run): string {
  const stood = actual === undefined ? "nothing" : `${cleanValues(actual.values)} (TTL ${actual.ttl})`;
  const count = `correction ${run.corrections.length} of ${run.record.spec.driftLimit} within an hour`;
  return `${type} ${run.fqdn} was ${stood} and is ${values.join(", ")} (TTL ${ttl}) again: ${count}`;
}
