/** Deletes an rrset at Gandi that its record gave up. */
import type { LeftRrset, RecordType } from "@esddns/common/api";
import { cleanValues } from "@esddns/common/text";
import type { Reservation } from "../gandi/budget.ts";
import type { Rrset } from "../gandi/rrset.ts";
import type { Claim } from "./duplicates.ts";
import type { Abandoned } from "./ownedRrsets.ts";
import { sameRrset } from "./plan.ts";
import type { NotSent, RrsetApi, WriteFailure } from "./rrsets.ts";

export interface RemovalContext {
  readonly livedns: RrsetApi;
  readonly signal: AbortSignal;
  /** Returns the claim of the other record that owns this rrset, or undefined if no other record does. */
  readonly claimedBy: (zone: string, name: string, type: RecordType) => Claim | undefined;
  /** Reads all records again from the API server, not from the watch. `claimedBy` then answers from them. */
  readonly look: () => Promise<NotSent | undefined>;
  /** Records in the status that this rrset is about to be deleted. */
  readonly note: (group: Abandoned) => Promise<NotSent | undefined>;
}

/** The GET and the DELETE. */
const REMOVAL_REQUESTS = 2;

/** The result of removing one rrset. */
export type Removal =
  | { kind: "Removed"; rrset: Rrset }
  /** Another record owns the rrset, and its status lists it. */
  | { kind: "Claimed"; by: string }
  /**
   * Another record owns the rrset, but its status does not list it yet. Until then this record's status must keep it.
   */
  | { kind: "Claimable"; by: string; isDryRun: boolean }
  /** The rrset was given up with deletionPolicy Retain, and no other record owns it. */
  | { kind: "Retained" }
  /** The rrset does not exist, or it is not what the record published and so belongs to another program or person. */
  | { kind: "Untouched"; because: string }
  | { kind: "Failed"; error: WriteFailure };

/**
 * Deletes the rrset if it is still exactly what the record published and no other record owns it now. Rejects if the
 * signal aborts, or if `look` or `note` rejects.
 */
export async function removeRrset(group: Abandoned, context: RemovalContext): Promise<Removal> {
  const { zone, name, type, candidates } = group;
  const isRetained = candidates.every(({ retained }) => retained === true);
  if (isRetained && context.claimedBy(zone, name, type) === undefined) return { kind: "Retained" };
  const turn = context.livedns.reserve(REMOVAL_REQUESTS, "change");
  if (!turn.ok) return { kind: "Failed", error: turn.error };
  try {
    return await removeInTurn(group, context, turn.value);
  } finally {
    turn.value.release();
  }
}

/**
 * Returns whether the rrset is no longer this record's: the claiming record's status lists it, or it is not what this
 * record published. Returns false if Gandi does not answer.
 */
export async function isTakenOver(
  group: Abandoned,
  claim: Claim,
  context: Pick<RemovalContext, "livedns" | "signal">,
): Promise<boolean> {
  const turn = context.livedns.reserve(1, "look");
  if (!turn.ok) return false;
  try {
    const found = await findOwn(group, context, turn.value);
    return "kind" in found ? found.kind === "Untouched" : isHeld(found.rrset, claim);
  } finally {
    turn.value.release();
  }
}

function isHeld(rrset: Rrset, { holds }: Claim): boolean {
  return holds.some((held) => sameRrset(held, rrset));
}

async function removeInTurn(group: Abandoned, context: RemovalContext, turn: Reservation): Promise<Removal> {
  const { livedns, signal, look, note } = context;
  const { zone, name, type } = group;
  const found = await findOwn(group, context, turn);
  if ("kind" in found) return found;
  const { rrset, known } = found;
  const kept = (): Removal | undefined => {
    const claim = context.claimedBy(zone, name, type);
    if (claim === undefined) return known.retained === true ? { kind: "Retained" } : undefined;
    const { by, isDryRun } = claim;
    return isHeld(rrset, claim) ? { kind: "Claimed", by } : { kind: "Claimable", by, isDryRun };
  };

  const before = kept();
  if (before !== undefined) return before;
  const outdated = await look();
  if (outdated !== undefined) return { kind: "Failed", error: outdated };
  const after = kept();
  if (after !== undefined) return after;
  const refused = await note(group);
  if (refused !== undefined) return { kind: "Failed", error: refused };
  const deleted = await livedns.deleteRrset(zone, name, type, signal, turn);
  return deleted.ok ? { kind: "Removed", rrset } : { kind: "Failed", error: deleted.error };
}

async function findOwn(
  { zone, name, type, candidates }: Abandoned,
  { livedns, signal }: Pick<RemovalContext, "livedns" | "signal">,
  turn: Reservation,
): Promise<{ rrset: Rrset; known: LeftRrset } | Removal> {
  const actual = await livedns.getRrset(zone, name, type, signal, turn);
  if (!actual.ok) {
    if (actual.error.kind !== "ZoneNotFound") return { kind: "Failed", error: actual.error };
    return { kind: "Untouched", because: `Gandi has no zone ${zone} for this token` };
  }
  const stands = actual.value;
  if (stands === undefined) return { kind: "Untouched", because: "it is gone already" };
  const known = candidates.find((candidate) => sameRrset(candidate, stands));
  if (known !== undefined) return { rrset: stands, known };
  const because = `${cleanValues(stands.values)} (TTL ${stands.ttl}) stands there now, which is not what was published`;
  return { kind: "Untouched", because };
}
