import { isDeepStrictEqual } from "node:util";
import { type DnsRecordObject, type DnsRecordStatus, WAN_ADDRESS_NAME } from "../api/index.ts";
import { writeRecordStatus } from "../kube/apply.ts";
import type { Term } from "../kube/lease.ts";
import { WorkQueue } from "../queue.ts";
import { lostTo, winners } from "../records/duplicates.ts";
import { type Reconciled, reconcileRecord } from "../records/reconciler.ts";
import { backoffMs } from "../wait.ts";
import { conditionNamed, notDone, STEP_LIMIT_MS, WRITE_BACKOFF, type WriterContext } from "./context.ts";
import { fencedLiveDns } from "./fence.ts";

/** Between two looks at a record that nothing calls for, where no WanAddress says otherwise. Milliseconds. */
const RESYNC_MS = 300_000;

/** Keeps every DnsRecord true to the status of the WanAddress, one at a time. */
export class Records {
  readonly #context: WriterContext;
  readonly #term: Term;
  readonly #queue: WorkQueue;
  readonly #failures = new Map<string, number>();
  /** Statuses that the API server has not taken yet; they are the only account of what was done at Gandi. */
  readonly #unwritten = new Map<string, DnsRecordStatus>();

  constructor(context: WriterContext, term: Term) {
    this.#context = context;
    this.#term = term;
    this.#queue = new WorkQueue(context.clock);
  }

  request(name: string): void {
    this.#queue.add(name);
  }

  requestAll(): void {
    for (const { metadata } of this.#context.records.items()) this.request(metadata.name);
  }

  async run(): Promise<void> {
    const { health } = this.#context;
    this.requestAll();
    await this.#queue.run((name) => this.#step(name), this.#term.signal, health.loop("records", STEP_LIMIT_MS));
    health.ended("records");
  }

  async #step(name: string): Promise<void> {
    const record = this.#context.records.get(name);
    if (record === undefined) {
      this.#failures.delete(name);
      this.#unwritten.delete(name);
      return;
    }
    const failures = this.#failures.get(name) ?? 0;
    try {
      const { againMs, failed } = await this.#reconcile(record, failures);
      if (failed) this.#failures.set(name, failures + 1);
      else this.#failures.delete(name);
      this.#queue.add(name, againMs);
    } catch (error) {
      if (this.#term.signal.aborted) return;
      this.#failures.set(name, failures + 1);
      const waitMs = backoffMs(failures, WRITE_BACKOFF, this.#context.random);
      this.#context.log.warn({ err: error, record: name, waitMs: Math.round(waitMs) }, "DNS record to be tried again");
      this.#queue.add(name, waitMs);
    }
  }

  async #reconcile(stored: DnsRecordObject, attempt: number): Promise<{ againMs: number; failed: boolean }> {
    const { records, wan, clock, log, random, metrics } = this.#context;
    const unwritten = this.#unwritten.get(stored.metadata.name);
    const record = unwritten === undefined ? stored : { ...stored, status: unwritten };
    const present = wan.get(WAN_ADDRESS_NAME);
    const livedns = fencedLiveDns(this.#context, this.#term, present?.status?.decisionId);
    const startedMs = clock.monotonic();
    const result = await reconcileRecord(
      record,
      present?.status,
      { livedns, clock, log, random, attempt, lostTo: lostTo(record, winners(records.items())) },
      this.#term.signal,
    );
    metrics.reconciled(result.action, clock.monotonic() - startedMs);
    this.#count(result);
    this.#announce(record, result);
    if (!isDeepStrictEqual(result.status, stored.status)) await this.#write(stored, result.status);
    const resyncMs = present === undefined ? RESYNC_MS : present.spec.intervalSeconds * 1000;
    return { againMs: Math.min(result.retryAfterMs ?? resyncMs, resyncMs), failed: result.action === "failed" };
  }

  async #write(record: DnsRecordObject, status: DnsRecordStatus): Promise<void> {
    const { client, records } = this.#context;
    this.#unwritten.set(record.metadata.name, status);
    const written = await writeRecordStatus(client, record, status, this.#term.signal);
    // Deleted meanwhile: there is nothing left to report on.
    if (!written.ok && written.error.kind !== "NotFound") {
      throw notDone("ESDDNS_NOT_WRITTEN", "DnsRecord status not written", written.error);
    }
    this.#unwritten.delete(record.metadata.name);
    if (written.ok) records.put(written.value);
  }

  #count({ action, status }: Reconciled): void {
    const { metrics, clock } = this.#context;
    if (action === "put") metrics.dnsUpdate(clock.now());
    if (action === "failed") metrics.dnsFailure(conditionNamed(status, "Synced")?.reason ?? "Unknown");
  }

  #announce(record: DnsRecordObject, { action, status }: Reconciled): void {
    const { events } = this.#context;
    const synced = conditionNamed(status, "Synced");
    if (synced === undefined) return;
    const note = synced.message;
    if (action === "put") events.record(record, { type: "Normal", reason: "Synced", action: "Publish", note });
    if (synced.status === "False" && conditionNamed(record.status, "Synced")?.reason !== synced.reason) {
      events.record(record, { type: "Warning", reason: synced.reason, action: "Publish", note });
    }
  }
}
