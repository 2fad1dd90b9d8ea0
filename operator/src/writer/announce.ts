/** Records the events of DnsRecords, which people read under "Events" in `kubectl describe`. */
import type { DnsRecordObject, DnsRecordStatus } from "@esddns/common/api";
import { conditionOf } from "@esddns/common/cluster";
import type { EsddnsError } from "../runtime/errors.ts";
import type { EventRecorder } from "../kube/events.ts";
import type { Reconciled } from "../records/reconciler.ts";
import type { WriteFailure } from "../records/rrsets.ts";

/** Reasons why nothing is published although nothing is wrong: the user asked for it, or it passes by itself. */
const AS_MEANT: readonly string[] = ["DryRun", "WaitingForAddress", "WaitingForBudget"];

/** Records an event for every correction and every write, and for a problem if its reason is a new one. */
export function announceOutcome(events: EventRecorder, record: DnsRecordObject, result: Reconciled): void {
  for (const note of result.corrected) {
    events.record(record, { type: "Warning", reason: "DriftCorrected", action: "Publish", note: `${note}.` });
  }
  const synced = conditionOf(result.status, "Synced");
  // After a run that ended early the conditions are those of the run before.
  if (synced === undefined || result.interrupted === true) return;
  const { reason, message: note, status } = synced;
  if (result.action === "put") events.record(record, { type: "Normal", reason: "Synced", action: "Publish", note });
  if (status === "False" && conditionOf(record.status, "Synced")?.reason !== reason) {
    const type = AS_MEANT.includes(reason) ? "Normal" : "Warning";
    events.record(record, { type, reason, action: "Publish", note });
  }
}

/**
 * Records an event for the deletion of a record.
 * @param failure what could not be done in time, or undefined if everything was done.
 */
export function announceDeletion(
  events: EventRecorder,
  record: DnsRecordObject,
  notes: readonly string[],
  failure: WriteFailure | EsddnsError | undefined,
): void {
  const done = notes.map((note) => `${note}. `).join("");
  if (failure === undefined) {
    const note = done === "" ? "Nothing had been published." : done.trim();
    events.record(record, { type: "Normal", reason: "Deleted", action: "Delete", note });
    return;
  }
  const { deletionTimeoutSeconds } = record.spec;
  const note =
    `${done}Not everything of ${record.status?.fqdn ?? record.metadata.name} could be deleted at Gandi within ` +
    `${deletionTimeoutSeconds} s (deletionTimeoutSeconds): remove the rest there by hand. ${failure.message}`;
  events.record(record, { type: "Warning", reason: "NotDeleted", action: "Delete", note });
}

/** Records an event when the name servers begin to answer something else, and when they are right again. */
export function announceVerified(events: EventRecorder, record: DnsRecordObject, status: DnsRecordStatus): void {
  const before = conditionOf(record.status, "Verified")?.reason;
  const verified = conditionOf(status, "Verified");
  if (verified === undefined || verified.reason === before) return;
  const { reason, message: note } = verified;
  if (verified.status === "False") events.record(record, { type: "Warning", reason, action: "Verify", note });
  if (verified.status === "True") events.record(record, { type: "Normal", reason, action: "Verify", note });
}
