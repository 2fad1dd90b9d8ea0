import type { DnsRecordObject, DnsRecordStatus } from "../api/index.ts";
import { writeRecordStatus } from "../kube/apply.ts";
import { dnsRecords } from "../kube/resources.ts";
import { notDone, type WriterContext } from "./context.ts";

/** How often a status is written to a record that others write at the same time, before the next run has to do it. */
const MAX_TRIES = 4;

/**
 * Statuses that the API server has not taken yet, by record; they are the only account of what was done at Gandi.
 * `since`: the resourceVersion of the record as it was stored then; `uid`: its own, as another may come to have its name.
 */
export type Unwritten = Map<string, { status: DnsRecordStatus; since: string | undefined; uid: string | undefined }>;

/** Writes the statuses of records, and keeps those that the API server has not taken. */
export class Statuses {
  readonly #context: WriterContext;
  readonly #signal: AbortSignal;
  readonly #unwritten: Unwritten;
  /** By record, what this term knows to be noted as published. */
  readonly #published = new Map<string, DnsRecordStatus["published"]>();

  /** @param unwritten outlives the term: what could not be written in one may be in the next. */
  constructor(context: WriterContext, signal: AbortSignal, unwritten: Unwritten) {
    this.#context = context;
    this.#signal = signal;
    this.#unwritten = unwritten;
  }

  /** Forgets what another leader has written over since. To be called once the store is known to be up to date. */
  dropOutdated(): void {
    for (const [name, { since }] of this.#unwritten) {
      if (this.#context.records.get(name)?.metadata.resourceVersion !== since) this.#unwritten.delete(name);
    }
  }

  /** The record with what has been done at Gandi since its status was written. */
  latest(stored: DnsRecordObject): DnsRecordObject {
    const unwritten = this.#unwritten.get(stored.metadata.name);
    return unwritten === undefined ? stored : { ...stored, status: unwritten.status };
  }

  /** Whether what is kept here was done for another record, which had this one's name before it was deleted. */
  isOfAnother({ metadata: { name, uid } }: DnsRecordObject): boolean {
    const unwritten = this.#unwritten.get(name);
    return unwritten !== undefined && unwritten.uid !== uid;
  }

  /** What this term knows to be noted as published; undefined where it has looked at no such record. */
  published(name: string): { readonly value: DnsRecordStatus["published"] } | undefined {
    return this.#published.has(name) ? { value: this.#published.get(name) } : undefined;
  }

  setPublished(name: string, published: DnsRecordStatus["published"]): void {
    this.#published.set(name, published);
  }

  forget(name: string): void {
    this.#unwritten.delete(name);
    this.#published.delete(name);
  }

  /**
   * Writes what was done and found, whoever has written the record meanwhile: it is the only account of it. Nothing is
   * written where the record is gone, also where another one has its name now.
   */
  async write({ metadata: { name, uid } }: DnsRecordObject, status: DnsRecordStatus): Promise<void> {
    const { client, records } = this.#context;
    for (let tries = 1; ; tries++) {
      const stored = records.get(name);
      if (stored === undefined || stored.metadata.uid !== uid) return;
      this.#published.set(name, status.published);
      this.#unwritten.set(name, { status, since: stored.metadata.resourceVersion, uid });
      const written = await writeRecordStatus(client, stored, status, this.#signal);
      if (written.ok) {
        records.put(written.value);
        break;
      }
      const { kind } = written.error;
      // Deleted meanwhile: there is nothing left to report on.
      if (kind === "NotFound") break;
      if (kind !== "Conflict" || tries === MAX_TRIES) {
        throw notDone("ESDDNS_NOT_WRITTEN", "DnsRecord status not written", written.error);
      }
      if (!(await this.#read(name, uid))) break;
    }
    this.#unwritten.delete(name);
  }

  /** Reads the record past the watch; false where it is gone, also where another one has its name now. */
  async #read(name: string, uid: string | undefined): Promise<boolean> {
    const { client, namespace, records } = this.#context;
    const read = await client.get(dnsRecords, { namespace, name }, this.#signal);
    if (read.ok) records.put(read.value);
    else if (read.error.kind !== "NotFound") {
      throw notDone("ESDDNS_NOT_READ", "DnsRecord not read", read.error);
    }
    return read.ok && read.value.metadata.uid === uid;
  }
}
