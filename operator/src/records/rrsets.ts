/** The three things that are done to one rrset at Gandi: look, write and read back, remove. */
import type { Clock } from "../clock.ts";
import type { Reservation } from "../gandi/budget.ts";
import type { LiveDnsFailure } from "../gandi/errors.ts";
import type { LiveDns } from "../gandi/livedns.ts";
import type { Rrset } from "../gandi/rrset.ts";
import { sameRrset } from "./plan.ts";

export type RrsetApi = Pick<LiveDns, "reserve" | "getRrset" | "putRrset" | "deleteRrset">;

export interface Place {
  readonly livedns: RrsetApi;
  readonly zone: string;
  /** Relative to the zone. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** Requests that were set aside for what is done here. */
  readonly turn?: Reservation | undefined;
}

type Failed = { ok: false; error: LiveDnsFailure };

/** Gandi may answer a read right after a write from a place that the write has not reached yet. Milliseconds. */
const READ_AGAIN_MS = 1_000;

/** What stands at the name: the rrset, or where it does not exist, a CNAME that would be in its way. */
export async function look(
  type: Rrset["type"],
  at: Place,
  cnameExcluded: boolean,
): Promise<{ ok: true; actual?: Rrset; cname?: Rrset } | Failed> {
  const { livedns, zone, name, signal, turn } = at;
  const actual = await livedns.getRrset(zone, name, type, signal, turn);
  if (!actual.ok) return actual;
  if (actual.value !== undefined) return { ok: true, actual: actual.value };
  if (cnameExcluded) return { ok: true };
  const cname = await livedns.getRrset(zone, name, "CNAME", signal, turn);
  if (!cname.ok) return cname;
  return cname.value === undefined ? { ok: true } : { ok: true, cname: cname.value };
}

/**
 * Reads back what was written; once more a little later where it differs.
 * @returns what stands there; undefined: nothing.
 */
export async function readBack(
  written: Rrset,
  at: Place,
  clock: Clock,
): Promise<{ ok: true; value: Rrset | undefined } | Failed> {
  const { livedns, zone, name, signal, turn } = at;
  const first = await livedns.getRrset(zone, name, written.type, signal, turn);
  if (!first.ok || isSame(first.value, written)) return first;
  await clock.sleep(READ_AGAIN_MS, signal);
  return await livedns.getRrset(zone, name, written.type, signal, turn);
}

/** Also where both are absent. */
export function isSame(a: Rrset | undefined, b: Rrset | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameRrset(a, b);
}

/** Whether a write that failed so may have come through all the same: only its answer was lost, or could not be read. */
export function mayHaveComeThrough({ kind }: LiveDnsFailure): boolean {
  return kind === "Network" || kind === "Timeout" || kind === "ServerError" || kind === "Unexpected";
}

/** What became of an rrset that is to go. */
type Removal =
  | { kind: "Removed" }
  /** Nothing is there to be removed, or what is there is not what was published: then it belongs to somebody else. */
  | { kind: "Untouched"; because: string }
  | { kind: "Failed"; error: LiveDnsFailure };

/** The look and the DELETE. */
const REMOVAL_REQUESTS = 2;

/** Deletes exactly this rrset, and only if it still stands as it was published. */
export async function remove(published: Rrset, at: Place): Promise<Removal> {
  const turn = at.livedns.reserve(REMOVAL_REQUESTS, "change");
  if (!turn.ok) return { kind: "Failed", error: turn.error };
  try {
    return await removeInTurn(published, at, turn.value);
  } finally {
    turn.value.release();
  }
}

async function removeInTurn(published: Rrset, at: Place, turn: Reservation): Promise<Removal> {
  const { livedns, zone, name, signal } = at;
  const actual = await livedns.getRrset(zone, name, published.type, signal, turn);
  if (!actual.ok) {
    if (actual.error.kind !== "ZoneNotFound") return { kind: "Failed", error: actual.error };
    return { kind: "Untouched", because: `Gandi has no zone ${zone} for this token` };
  }
  if (actual.value === undefined) return { kind: "Untouched", because: "it is gone already" };
  if (!sameRrset(actual.value, published)) {
    const { values, ttl } = actual.value;
    const because = `${values.join(", ")} (TTL ${ttl}) stands there now, which is not what was published`;
    return { kind: "Untouched", because };
  }
  const deleted = await livedns.deleteRrset(zone, name, published.type, signal, turn);
  return deleted.ok ? { kind: "Removed" } : { kind: "Failed", error: deleted.error };
}
