/** Reads one rrset at Gandi, before and after a write. */
import type { Clock } from "../runtime/clock.ts";
import type { Reservation } from "../gandi/budget.ts";
import type { LiveDnsFailure, LiveDnsResult } from "../gandi/errors.ts";
import type { LiveDns } from "../gandi/livedns.ts";
import type { Rrset } from "../gandi/rrset.ts";
import { sameRrset } from "./plan.ts";

/** Why the operator did not send a write to Gandi: the run's input is out of date, or the lease is too short. */
export interface NotSent {
  readonly kind: "Superseded" | "LeaseTooShort" | "Gone";
  /** For the log. */
  readonly message: string;
}

export type WriteFailure = LiveDnsFailure | NotSent;

type WriteResult = LiveDnsResult<void> | { ok: false; error: NotSent };

/** The part of the Gandi client that a run may use. */
export interface RrsetApi extends Pick<LiveDns, "reserve" | "getRrset"> {
  putRrset(...args: Parameters<LiveDns["putRrset"]>): Promise<WriteResult>;
  deleteRrset(...args: Parameters<LiveDns["deleteRrset"]>): Promise<WriteResult>;
}

export interface Place {
  readonly livedns: RrsetApi;
  readonly zone: string;
  /** Relative to the zone. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** Requests that were reserved for this rrset. */
  readonly turn?: Reservation | undefined;
}

type Failed = { ok: false; error: LiveDnsFailure };

/** Delay before the second read-back, in milliseconds. A write may not have reached the server that answers first. */
const READ_AGAIN_MS = 1_000;

/** Reads the rrset. If it does not exist, reads a CNAME at the same name, which would be in its way. */
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
 * Reads back what was written. If it differs, reads once more a little later.
 * @returns the rrset at Gandi, or undefined if it does not exist.
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

export function isNotSent(failure: WriteFailure): failure is NotSent {
  return failure.kind === "Superseded" || failure.kind === "LeaseTooShort" || failure.kind === "Gone";
}

/** Returns true also if both are absent. */
export function isSame(a: Rrset | undefined, b: Rrset | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameRrset(a, b);
}

/** Returns whether Gandi may have carried out a failed write, because only the answer was lost or unreadable. */
export function mayHaveComeThrough({ kind }: WriteFailure): boolean {
  return kind === "Network" || kind === "Timeout" || kind === "ServerError" || kind === "Unexpected";
}
