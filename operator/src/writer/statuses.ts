import { isDeepStrictEqual } from "node:util";
import type { DnsRecordObject, DnsRecordStatus } from "@esddns/common/api";
import { writeRecordStatus } from "../kube/apply.ts";
import type { Term } from "../kube/lease.ts";
import { dnsRecords } from "../kube/resources.ts";
import type { NotSent } from "../records/rrsets.ts";
import type { RecordContext } from "../records/run.ts";
import { throwIfOver } from "./fence.ts";
import { notDone, type WriterContext } from "./context.ts";

/** How often a status is written to a record that others write at the same time, before the next run has to do it. */
const MAX_TRIES = 4;

/**
 * Statuses that the API server has not taken yet, by record; they are the only account of what was done at Gandi.
 * `since`: the resourceVersion of the record as it was stored then; `uid`: its own, as another may come to have its name.
 */
export type Unwritten = Map<string, { status: DnsRecordStatus; since: string | undefined; uid: string | undefined }>;

const GONE: NotSent = { kind: "Gone", message: "not sent to Gandi: the record has been deleted meanwhile" };
const CHANGED: NotSent = { kind: "Superseded", message: "not sent to Gandi: the record has been written meanwhile" };

/** Writes the statuses of records, and keeps those that the API server has not taken. */
export class Statuses {
  readonly #context: WriterContext;
  readonly #term: Term;
  readonly #unwritten: Unwritten;
  /** By record, what this term knows to be noted as published. */
  readonly #published = new Map<string, DnsRecordStatus["published"]>();

  /** @param unwritten outlives the term: what could not be written in one may be in the next. */
  constructor(context: WriterContext, term: Term, unwritten: Unwritten) {
    this.#context = context;
    this.#term = term;
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
    return unwritten === undefined || this.isOfAnother(stored) ? stored : { ...stored, status: unwritten.status };
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
   * written where the record is gone, also where another one has its name now. Rejects once the lease is over.
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
      // Deleted meanwhile: there is nothing left to report on.
      if (kind === "NotFound") break;
      if (kind !== "Conflict" || tries === MAX_TRIES) {
        throw notDone("ESDDNS_NOT_WRITTEN", "DnsRecord status not written", written.error);
      }
      if ((await this.#read(name))?.metadata.uid !== uid) break;
    }
    this.#unwritten.delete(name);
  }

  /**
   * What a run that begins with this object may ask for before it writes to Gandi. The record as it was read is the fence:
   * once anybody else has written it, another leader or a person, the run is over.
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
        // Also what is noted already is sent: the API server compares the resourceVersion, the store may be behind.
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

  /** @returns the record with the note; why not where somebody has written or deleted the record since it was read. */
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

  /** Reads the record past the watch; undefined: it is gone. */
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

/** Whether two statuses say the same of what stands at Gandi, or may stand there; conditions apart. */
export function isSameAccount(a: DnsRecordStatus, b: DnsRecordStatus | undefined): boolean {
  const account = ({ published, attempted, replaced, left, corrections, ...rest }: DnsRecordStatus): unknown => {
    const place = published === undefined && attempted === undefined ? {} : { fqdn: rest.fqdn, zone: rest.zone };
    return [place, published, attempted, replaced, left, corrections];
  };
  return isDeepStrictEqual(account(a), account(b ?? {}));
}
