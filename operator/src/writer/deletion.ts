import { type DnsRecordObject, type RecordType, RECORD_FINALIZER } from "../api/index.ts";
import { fqdn } from "../gandi/names.ts";
import type { LiveDnsFailure } from "../gandi/errors.ts";
import { everPublished, isAddressType } from "../records/left.ts";
import { remove, type RrsetApi } from "../records/rrsets.ts";

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
  /** What could not be done; the rest has not been tried. */
  readonly failure: LiveDnsFailure | undefined;
}

/**
 * Deletes at Gandi exactly what a record has published, each rrset only if it still stands so and no other record has
 * it. Rejects when the signal aborts.
 */
export async function deletePublished(
  record: DnsRecordObject,
  livedns: RrsetApi,
  claimedBy: (zone: string, name: string, type: RecordType) => string | undefined,
  signal: AbortSignal,
): Promise<Deletion> {
  const notes: string[] = [];
  for (const { zone, name, type, ttl, values } of everPublished(record.spec, record.status)) {
    if (!isAddressType(type)) continue;
    const what = `${type} ${fqdn(zone, name)}`;
    const other = claimedBy(zone, name, type);
    if (other !== undefined) {
      notes.push(`${what} stays: DnsRecord ${other} has it`);
      continue;
    }
    const removal = await remove({ type, ttl, values }, { livedns, zone, name, signal });
    if (removal.kind === "Failed") return { notes, failure: removal.error };
    notes.push(
      removal.kind === "Removed"
        ? `${what} ${values.join(", ")} is deleted`
        : `${what} was left alone: ${removal.because}`,
    );
  }
  return { notes, failure: undefined };
}
