import { type DnsRecordObject, type DnsRecordStatus, RECORD_FINALIZER } from "@esddns/common/api";
import { EsddnsError } from "../runtime/errors.ts";
import { fqdn } from "../gandi/names.ts";
import { allOwned, groupByPlace, withAttempt, without } from "../records/ownedRrsets.ts";
import { type Removal, type RemovalContext, removeRrset } from "../records/removal.ts";
import { mayHaveComeThrough, type NotSent, type WriteFailure } from "../records/rrsets.ts";

/** Returns whether a record needs the finalizer. With dryRun it does not: nothing may be deleted. */
export function wantsFinalizer({ spec }: DnsRecordObject): boolean {
  return spec.deletionPolicy === "Delete" && !spec.dryRun;
}

export function hasFinalizer({ metadata }: DnsRecordObject): boolean {
  return metadata.finalizers?.includes(RECORD_FINALIZER) ?? false;
}

/**
 * Returns the milliseconds until a record that is being deleted is released even if Gandi has not answered; 0 is now.
 */
export function releaseInMs({ metadata, spec }: DnsRecordObject, now: number): number {
  const asked = Date.parse(metadata.deletionTimestamp ?? "");
  return Number.isNaN(asked) ? Infinity : Math.max(0, asked + spec.deletionTimeoutSeconds * 1000 - now);
}

interface Deletion {
  /** What was done with each rrset, in words. */
  readonly notes: readonly string[];
  /** The first failure, at Gandi or at the API server. The remaining rrsets have not been tried. */
  readonly failure: WriteFailure | EsddnsError | undefined;
  /** Whether another record is about to take over an rrset. Until then this record's status must list it. */
  readonly isAwaited: boolean;
  /** The status, with only the rrsets that are not settled yet. */
  readonly rest: DnsRecordStatus;
}

interface DeletionContext extends Omit<RemovalContext, "note"> {
  /** Writes this status before the deletion, as `note` of RecordContext does. */
  readonly note: (status: DnsRecordStatus) => Promise<NotSent | undefined>;
}

/**
 * Deletes at Gandi exactly what a record published. An rrset is deleted only if it is unchanged and no other record
 * owns it. Rejects if the signal aborts.
 */
export async function deletePublished(record: DnsRecordObject, context: DeletionContext): Promise<Deletion> {
  const notes: string[] = [];
  const { spec } = record;
  let rest = record.status ?? {};
  let isAwaited = false;
  for (const group of groupByPlace(allOwned(spec, record.status))) {
    const what = `${group.type} ${fqdn(group.zone, group.name)}`;
    const before = rest;
    const noted = withAttempt(before, spec, group);
    let removal: Removal;
    try {
      removal = await removeRrset(group, { ...context, note: () => context.note(noted) });
      if (removal.kind === "Failed" && removal.error.kind === "LeaseTooShort") await context.note(before);
    } catch (error) {
      if (context.signal.aborted || !(error instanceof EsddnsError)) throw error;
      return { notes, failure: error, isAwaited, rest: before };
    }
    if (removal.kind === "Failed") {
      return { notes, failure: removal.error, isAwaited, rest: mayHaveComeThrough(removal.error) ? noted : before };
    }
    if (removal.kind === "Claimable" && !removal.isDryRun) isAwaited = true;
    else rest = without(rest, spec, group);
    notes.push(inWords(what, removal));
  }
  return { notes, failure: undefined, isAwaited, rest };
}

function inWords(what: string, removal: Exclude<Removal, { kind: "Failed" }>): string {
  switch (removal.kind) {
    case "Removed":
      return `${what} ${removal.rrset.values.join(", ")} is deleted`;
    case "Claimed":
    case "Claimable":
      return `${what} stays: DnsRecord ${removal.by} has it`;
    case "Retained":
      return `${what} stays: it was given up with deletionPolicy Retain`;
    case "Untouched":
      return `${what} was left alone: ${removal.because}`;
  }
}
