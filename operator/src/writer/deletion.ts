import { type DnsRecordObject, type DnsRecordStatus, RECORD_FINALIZER } from "@esddns/common/api";
import { EsddnsError } from "../runtime/errors.ts";
import { fqdn } from "../gandi/names.ts";
import { abandoned, everPublished, withAttempt, without } from "../records/left.ts";
import { type Removal, type RemovalContext, removeRrset } from "../records/removal.ts";
import { mayHaveComeThrough, type NotSent, type WriteFailure } from "../records/rrsets.ts";

/** Whether a record is to have the finalizer: with dryRun there is nothing that it could ask for. */
export function wantsFinalizer({ spec }: DnsRecordObject): boolean {
  return spec.deletionPolicy === "Delete" && !spec.dryRun;
}

export function hasFinalizer({ metadata }: DnsRecordObject): boolean {
  return metadata.finalizers?.includes(RECORD_FINALIZER) ?? false;
}

/** Milliseconds until a record that is being deleted goes even though Gandi has not done its part; 0: now. */
export function releaseInMs({ metadata, spec }: DnsRecordObject, now: number): number {
  const asked = Date.parse(metadata.deletionTimestamp ?? "");
  return Number.isNaN(asked) ? Infinity : Math.max(0, asked + spec.deletionTimeoutSeconds * 1000 - now);
}

interface Deletion {
  /** What was done about each rrset, in words. */
  readonly notes: readonly string[];
  /** What could not be done, also where the API server took no note of it; the rest has not been tried. */
  readonly failure: WriteFailure | EsddnsError | undefined;
  /** Another record is about to take over what this one has: until then this one's status has to say whose it is. */
  readonly isAwaited: boolean;
  /** The status, with what is not dealt with yet. */
  readonly rest: DnsRecordStatus;
}

interface DeletionContext extends Omit<RemovalContext, "note"> {
  /** As in RecordContext. */
  readonly note: (status: DnsRecordStatus) => Promise<NotSent | undefined>;
}

/**
 * Deletes at Gandi exactly what a record has published, each rrset only if it still stands so and no other record has
 * it. Rejects when the signal aborts.
 */
export async function deletePublished(record: DnsRecordObject, context: DeletionContext): Promise<Deletion> {
  const notes: string[] = [];
  const { spec } = record;
  let rest = record.status ?? {};
  let isAwaited = false;
  for (const group of abandoned(everPublished(spec, record.status))) {
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
