import { isDeepStrictEqual } from "node:util";
import type { DnsRecordObject, DnsRecordStatus } from "@esddns/common/api";
import { writeRecordStatus } from "../kube/apply.ts";
import type { Term } from "../kube/lease.ts";
import { dnsRecords } from "../kube/resources.ts";
import type { NotSent } from "../records/rrsets.ts";
import type { RecordContext } from "../records/run.ts";
import { throwIfOver } from "./fence.ts";
import { notDone, type WriterContext } from "./context.ts";

/** How often to try to write a status that conflicts with other writers, before leaving it to the next run. */
const MAX_TRIES = 4;

/**
 * Statuses that the API server has not accepted yet, by record. They are the only account of what was done at Gandi.
 * `since` is the resourceVersion of the stored record at that time. `uid` identifies the record, because another one
 * may get its name later.
 */
export type Unwritten = Map<string, { status: DnsRecordStatus; since: string | undefined; uid: string | undefined }>;

const GONE: NotSent = { kind: "Gone", message: "not sent to Gandi: the record has been deleted meanwhile" };
const CHANGED: NotSent = { kind: "Superseded", message: "not sent to Gandi: the record has been written meanwhile" };

/** Writes the statuses of records, and keeps those that the API server has not accepted. */
export class Statuses {
  readonly #context: WriterContext;
  readonly #term: Term;
  readonly #unwritten: Unwritten;
  /** By record, the published rrsets in the status that this term last wrote or computed. */
  readonly #published = new Map<string, DnsRecordStatus["published"]>();

  /** @param unwritten statuses that outlive the term, so that the next term can write them. */
  constructor(context: WriterContext, term: Term, unwritten: Unwritten) {
    this.#context = context;
    this.#term = term;
    this.#unwritten = unwritten;
  }

  /** Drops statuses of records that another leader has written since. Call it when the store is up to date. */
  dropOutdated(): void {
    for (const [name, { since }] of this.#unwritten) {
      if (this.#context.records.get(name)?.metadata.resourceVersion !== since) this.#unwritten.delete(name);
    }
  }

  /** Returns the record with the newest status, which may not be written to the API server yet. */
  latest(stored: DnsRecordObject): DnsRecordObject {
    const unwritten = this.#unwritten.get(stored.metadata.name);
    return unwritten === undefined || this.isOfAnother(stored) ? stored : { ...stored, status: unwritten.status };
  }

  /** Returns whether the kept status belongs to a deleted record that had the same name. */
  isOfAnother({ metadata: { name, uid } }: DnsRecordObject): boolean {
    const unwritten = this.#unwritten.get(name);
    return unwritten !== undefined && unwritten.uid !== uid;
  }

  /**
   * Returns the published rrsets that this term knows for a record, or undefined if it has not looked at the record.
   */
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
   * Writes a status even if the record has changed meanwhile, because it is the only account of what was done. Writes
   * nothing if the record is deleted, even if another record now has its name. Rejects if the lease is over.
   */
  async write({ metadata: { name, uid } }: DnsRecordObject, status: DnsRecordStatus): Promise<void> {
    const { client, records } = this.#context;
    for (let tries = 1; ; tries++) {
      const stored = records.get(name);
      if (stored === undefined || stored.metadata.uid !== uid) return;
      this.#published.set(name, status.published);
      this.#unwritten.set(name, { status, since: stored.metadata.resourceVersion, uid });
      throwIfOver(this.#term);
      const written = await writeRecordStatus(client, stored, status, this.#term.signal);
      if (written.ok) {
        records.put(written.value);
        break;
      }
      const { kind } = written.error;
      // The record was deleted meanwhile, so there is nothing to report on.
      if (kind === "NotFound") break;
      if (kind !== "Conflict" || tries === MAX_TRIES) {
        throw notDone("ESDDNS_NOT_WRITTEN", "DnsRecord status not written", written.error);
      }
      if ((await this.#read(name))?.metadata.uid !== uid) break;
    }
    this.#unwritten.delete(name);
  }

  /**
   * Returns the checks that a run makes before it writes to Gandi. The record as it was read is the fence: if another
   * leader or a person has written the record since, the run must end.
   */
  during(begun: DnsRecordObject): Required<Pick<RecordContext, "note" | "look">> {
    let known = begun;
    const isOutdated = (): boolean => {
      const { uid, resourceVersion } = this.#context.records.get(known.metadata.name)?.metadata ?? {};
      return uid !== known.metadata.uid || resourceVersion !== known.metadata.resourceVersion;
    };
    return {
      note: async (status) => {
        throwIfOver(this.#term);
        if (isOutdated()) return CHANGED;
        // Write even an unchanged status. The API server compares the resourceVersion, while the store may be behind.
        const noted = await this.#note(known, status);
        if ("kind" in noted && "message" in noted) return noted;
        known = noted;
        return undefined;
      },
      look: async () => {
        const read = await this.#context.records.refresh(this.#term.signal);
        if (!read.ok) throw notDone("ESDDNS_NOT_READ", "DnsRecords not read", read.error);
        return isOutdated() ? CHANGED : undefined;
      },
    };
  }

  /** @returns the record with the new status, or why it was not written: the record was changed or deleted since. */
  async #note(read: DnsRecordObject, status: DnsRecordStatus): Promise<DnsRecordObject | NotSent> {
    const { client, records } = this.#context;
    const { name, uid, resourceVersion } = read.metadata;
    const before = this.#unwritten.get(name);
    this.#unwritten.set(name, { status, since: resourceVersion, uid });
    const written = await writeRecordStatus(client, read, status, this.#term.signal);
    if (written.ok) {
      this.#published.set(name, status.published);
      this.#unwritten.delete(name);
      records.put(written.value);
      return written.value;
    }
    const { kind } = written.error;
    if (kind !== "Conflict" && kind !== "NotFound") {
      throw notDone("ESDDNS_NOT_NOTED", "what is about to be written to Gandi is not noted", written.error);
    }
    if (before === undefined) this.#unwritten.delete(name);
    else this.#unwritten.set(name, before);
    return (await this.#read(name)) === undefined ? GONE : CHANGED;
  }

  /** Reads the record from the API server, not from the watch. Returns undefined if it is deleted. */
  async #read(name: string): Promise<DnsRecordObject | undefined> {
    const { client, namespace, records } = this.#context;
    const read = await client.get(dnsRecords, { namespace, name }, this.#term.signal);
    if (!read.ok) {
      if (read.error.kind === "NotFound") return undefined;
      throw notDone("ESDDNS_NOT_READ", "DnsRecord not read", read.error);
    }
    records.put(read.value);
    return read.value;
  }
}

/** Returns whether two statuses list the same rrsets at Gandi, certain and possible ones. Conditions are ignored. */
export function isSameAccount(a: DnsRecordStatus, b: DnsRecordStatus | undefined): boolean {
  const account = ({ published, attempted, replaced, left, corrections, ...rest }: DnsRecordStatus): unknown => {
    const place = published === undefined && attempted === undefined ? {} : { fqdn: rest.fqdn, zone: rest.zone };
    return [place, published, attempted, replaced, left, corrections];
  };
  return isDeepStrictEqual(account(a), account(b ?? {}));
}
