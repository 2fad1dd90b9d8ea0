import { isDeepStrictEqual } from "node:util";
import {
  type DnsRecordObject,
  type LeftRrset,
  type RecordType,
  WAN_ADDRESS_NAME,
  type WanAddressObject,
} from "@esddns/common/api";
import { conditionOf } from "@esddns/common/cluster";
import { EsddnsError } from "../runtime/errors.ts";
import { writeFinalizer } from "../kube/apply.ts";
import type { Term } from "../kube/lease.ts";
import { dnsRecords } from "../kube/resources.ts";
import { WorkQueue } from "../runtime/queue.ts";
import { allRrsetKeys, type Claim, claimOf, heldByOthers, lostTo, winners } from "../records/duplicates.ts";
import { failed, interruption, withSynced } from "../records/findings.ts";
import { type NodeAddress, nodeAddress } from "../records/nodeAddress.ts";
import { type Reconciled, reconcileRecord } from "../records/reconciler.ts";
import { isNotSent } from "../records/rrsets.ts";
import type { RecordContext } from "../records/run.ts";
import { backoffMs } from "../runtime/wait.ts";
import { announceDeletion, announceOutcome, announceVerified } from "./announce.ts";
import { notDone, STEP_LIMIT_MS, WRITE_BACKOFF, type WriterContext } from "./context.ts";
import { decisionKey } from "./decisionLoop.ts";
import { deletePublished, hasFinalizer, releaseInMs, wantsFinalizer } from "./deletion.ts";
import { fencedLiveDns, throwIfOver } from "./fence.ts";
import { Services } from "./services.ts";
import { isSameAccount, Statuses, type Unwritten } from "./statuses.ts";
import { Verifier } from "./verifier.ts";

/** Interval between routine looks at a record if no WanAddress sets one, in milliseconds. */
const RESYNC_MS = 300_000;
/** Prefix of a queue key. It asks only to write the name servers' verdict to the record's status. */
const VERDICT = "verdict/";

/** How many runs of one record may follow each other without a pause. */
const AT_ONCE = 3;

interface Step {
  /** Milliseconds until the next run. Undefined if the record waits for a change. */
  againMs?: number;
  failed: boolean;
}

/** Keeps every DnsRecord in step with the status of the WanAddress, one record at a time. */
export class Records {
  readonly #context: WriterContext;
  readonly #term: Term;
  readonly #queue: WorkQueue;
  readonly #services: Services;
  readonly #verifier: Verifier;
  readonly #failures = new Map<string, number>();
  /** By record, how many runs in a row asked for another run at once. */
  readonly #atOnce = new Map<string, number>();
  readonly #statuses: Statuses;
  /** For records with ipv6FromNode: the node address that the last run used. */
  readonly #nodeAddresses = new Map<string, NodeAddress>();

  /** @param unwritten statuses that outlive the term, so that the next term can write them. */
  constructor(context: WriterContext, term: Term, unwritten: Unwritten) {
    this.#context = context;
    this.#term = term;
    this.#statuses = new Statuses(context, term, unwritten);
    this.#statuses.dropOutdated();
    this.#queue = new WorkQueue(context.clock);
    this.#services = new Services(context, (name) => {
      this.request(name);
    });
    this.#verifier = new Verifier(context, (name) => {
      this.request(`${VERDICT}${name}`);
    });
  }

  request(name: string): void {
    this.#queue.add(name);
  }

  requestAll(): void {
    for (const { metadata } of this.#context.records.items()) this.request(metadata.name);
  }

  /** Requeues the record and all records that name or own one of these rrsets (duplicates.ts). */
  requestNamesakes(name: string, rrsets: readonly string[]): void {
    this.request(name);
    for (const record of this.#context.records.items()) {
      if (allRrsetKeys(record).some((key) => rrsets.includes(key))) this.request(record.metadata.name);
    }
  }

  /**
   * Requeues a record whose status lists another published value than this term knows. A former leader that does not
   * know that its lease is over wrote that status, and may have overwritten this term's value at Gandi.
   */
  statusChanged({ metadata: { name }, status }: DnsRecordObject): void {
    const known = this.#statuses.published(name);
    if (known !== undefined && !isDeepStrictEqual(status?.published, known.value)) this.request(name);
  }

  /** Requeues records with `ipv6FromNode` whose node now has another address within the same prefix. */
  requestMovedNodes(): void {
    for (const record of this.#context.records.items()) {
      const { name } = record.metadata;
      if (!isDeepStrictEqual(this.#nodeAddress(record), this.#nodeAddresses.get(name))) this.request(name);
    }
  }

  async run(): Promise<void> {
    const { health } = this.#context;
    const { signal } = this.#term;
    this.requestAll();
    await Promise.all([
      this.#queue.run((key) => this.#step(key), signal, health.loop("records", STEP_LIMIT_MS)),
      this.#services.run(signal),
      this.#verifier.run(signal),
    ]);
    health.ended("records");
  }

  async #step(key: string): Promise<void> {
    const name = key.startsWith(VERDICT) ? key.slice(VERDICT.length) : key;
    const stored = this.#context.records.get(name);
    if (stored === undefined) {
      this.#forget(name);
      return;
    }
    if (this.#statuses.isOfAnother(stored)) this.#forget(name);
    const record = this.#statuses.latest(stored);
    const failures = this.#failures.get(name) ?? 0;
    try {
      if (key !== name) {
        await this.#noteVerdict(record);
        return;
      }
      const { againMs, failed } = await (stored.metadata.deletionTimestamp === undefined
        ? this.#reconcile(stored, record, failures)
        : this.#delete(stored, record, failures));
      if (failed) this.#failures.set(name, failures + 1);
      else this.#failures.delete(name);
      if (againMs !== undefined) this.#queue.add(name, this.#paced(name, againMs));
    } catch (error) {
      if (this.#term.signal.aborted) return;
      this.#failures.set(name, failures + 1);
      // Wait no longer than until a record that is being deleted has to be released.
      const releaseMs = releaseInMs(stored, this.#context.clock.now()) || Infinity;
      const waitMs = Math.min(backoffMs(failures, WRITE_BACKOFF, this.#context.random), releaseMs);
      this.#context.log.warn({ err: error, record: name, waitMs: Math.round(waitMs) }, "DNS record to be tried again");
      this.#queue.add(key, waitMs);
    }
  }

  /**
   * Delays a run if too many runs in a row asked for another one at once. Then something undoes each run's changes, for
   * example an admission webhook or a restored etcd, and the runs wait as after failures.
   */
  #paced(name: string, againMs: number): number {
    const repeats = againMs === 0 ? (this.#atOnce.get(name) ?? 0) + 1 : 0;
    this.#atOnce.set(name, repeats);
    return repeats <= AT_ONCE ? againMs : backoffMs(repeats - AT_ONCE, WRITE_BACKOFF, this.#context.random);
  }

  /**
   * @param stored the record as stored at the API server
   * @param read the same record with the status of what was done at Gandi since
   */
  async #reconcile(stored: DnsRecordObject, read: DnsRecordObject, attempt: number): Promise<Step> {
    const { wan, records, clock, metrics } = this.#context;
    const { signal } = this.#term;
    // Set the finalizer before anything is written. From then on, deleting the record also deletes its rrsets at Gandi.
    if (hasFinalizer(stored) !== wantsFinalizer(stored)) {
      const isThere = await this.#setFinalizer(stored, wantsFinalizer(stored) ? "add" : "remove");
      // The next run begins from the record as it is stored now.
      return { ...(isThere ? { againMs: 0 } : {}), failed: false };
    }
    const present = wan.get(WAN_ADDRESS_NAME);
    const context = await this.#contextFor(stored, read, present, attempt);
    const startedMs = clock.monotonic();
    const result = await reconcileRecord(read, present?.status, context, signal);
    throwIfOver(this.#term);
    metrics.reconciled(result.action, clock.monotonic() - startedMs);
    this.#count(result);
    announceOutcome(this.#context.events, read, result);
    const status = this.#verifier.follow(read, result.status, result.action === "put");
    this.#statuses.setPublished(read.metadata.name, status.published);
    if (result.interrupted === true) {
      if (!isSameAccount(status, read.status)) await this.#statuses.write(read, status);
      return { againMs: result.retryAfterMs ?? 0, failed: false };
    }
    if (!isDeepStrictEqual(status, records.get(read.metadata.name)?.status)) await this.#statuses.write(read, status);
    // Vary by a tenth, so that records that were written together do not stay together.
    const intervalMs = present === undefined ? RESYNC_MS : present.spec.intervalSeconds * 1000;
    const resyncMs = intervalMs * (0.9 + 0.2 * this.#context.random());
    return { againMs: Math.min(result.retryAfterMs ?? resyncMs, resyncMs), failed: result.action === "failed" };
  }

  async #contextFor(
    stored: DnsRecordObject,
    record: DnsRecordObject,
    present: WanAddressObject | undefined,
    attempt: number,
  ): Promise<RecordContext> {
    const { records, clock, log, random } = this.#context;
    const { kind, service } = record.spec.source;
    const found =
      kind === "Service" && service !== undefined ? await this.#services.of(service, this.#term.signal) : undefined;
    const address = this.#nodeAddress(record, present);
    if (address !== undefined) this.#nodeAddresses.set(record.metadata.name, address);
    return {
      livedns: fencedLiveDns(this.#context, this.#term, decisionKey(present)),
      clock,
      log,
      random,
      attempt,
      lostTo: lostTo(record, winners(records.items())),
      claimedBy: this.#claimedBy(record),
      heldByOthers: (type) => this.#heldByOthers(record, type),
      nodeAddress: address,
      ...this.#statuses.during(stored),
      ...(found === undefined
        ? {}
        : "addresses" in found
          ? { serviceAddresses: found.addresses }
          : { serviceProblem: found.problem }),
    };
  }

  #nodeAddress(record: DnsRecordObject, present = this.#context.wan.get(WAN_ADDRESS_NAME)): NodeAddress | undefined {
    const { ipv6FromNode, source } = record.spec;
    if (ipv6FromNode === undefined || source.kind !== "Wan" || present === undefined) return undefined;
    const { observations, clock } = this.#context;
    return nodeAddress(ipv6FromNode, observations.items(), present.status, present.spec, clock.now());
  }

  /** Returns a function that answers from the records known at the moment of the call. */
  #claimedBy(record: DnsRecordObject): (zone: string, name: string, type: RecordType) => Claim | undefined {
    return (zone, name, type) => claimOf({ zone, name, type }, record, winners(this.#context.records.items()));
  }

  #heldByOthers(record: DnsRecordObject, type: string): LeftRrset[] {
    const { zone, name } = record.spec;
    const all = this.#context.records.items().map((each) => this.#statuses.latest(each));
    return heldByOthers({ zone, name, type }, record, all);
  }

  /** Deletes what the record published, or gives up after its timeout. Then removes the finalizer. */
  async #delete(stored: DnsRecordObject, record: DnsRecordObject, attempt: number): Promise<Step> {
    if (!hasFinalizer(record)) return { failed: false };
    const { records, events, clock, random, wan } = this.#context;
    if (wantsFinalizer(record)) {
      const livedns = fencedLiveDns(this.#context, this.#term, decisionKey(wan.get(WAN_ADDRESS_NAME)));
      const { signal } = this.#term;
      const context = { livedns, signal, claimedBy: this.#claimedBy(record), ...this.#statuses.during(stored) };
      const { notes, failure, isAwaited, rest } = await deletePublished(record, context);
      throwIfOver(this.#term);
      const leftMs = releaseInMs(record, clock.now());
      if (failure instanceof EsddnsError) {
        if (leftMs > 0) throw failure;
      } else if (failure !== undefined && isNotSent(failure)) {
        if (!isSameAccount(rest, record.status)) await this.#statuses.write(record, rest);
        return { againMs: interruption(failure).retryAfterMs, failed: false };
      } else if (failure !== undefined && leftMs > 0) {
        const finding = failed(failure, attempt, random);
        const time = { generation: record.metadata.generation, now: clock.now() };
        const status = { ...rest, conditions: withSynced(rest.conditions ?? [], finding, time) };
        if (!isDeepStrictEqual(status, records.get(record.metadata.name)?.status)) {
          await this.#statuses.write(record, status);
        }
        return { againMs: Math.min(finding.retryAfterMs ?? leftMs, leftMs), failed: true };
      }
      if (failure === undefined && isAwaited && leftMs > 0) {
        if (!isSameAccount(rest, record.status)) await this.#statuses.write(record, rest);
        return { againMs: Math.min(backoffMs(attempt, WRITE_BACKOFF, random), leftMs), failed: true };
      }
      announceDeletion(events, record, notes, failure);
    }
    await this.#setFinalizer(records.get(record.metadata.name) ?? record, "remove");
    return { failed: false };
  }

  /** @returns whether the record still exists. */
  async #setFinalizer(record: DnsRecordObject, change: "add" | "remove"): Promise<boolean> {
    const { client, namespace, records } = this.#context;
    const { signal } = this.#term;
    const { name } = record.metadata;
    const written = await writeFinalizer(client, record, change, signal);
    if (written.ok) {
      if (written.value.metadata.deletionTimestamp === undefined) records.put(written.value);
      return true;
    }
    if (written.error.kind === "NotFound") return false;
    // The record has changed since it was read. Read it again for the next attempt.
    const read = await client.get(dnsRecords, { namespace, name }, signal);
    if (read.ok) records.put(read.value);
    throw notDone("ESDDNS_NOT_WRITTEN", "Finalizer of the DnsRecord not written", written.error);
  }

  async #noteVerdict(record: DnsRecordObject): Promise<void> {
    const status = this.#verifier.apply(record);
    if (status === undefined || isDeepStrictEqual(status, record.status)) return;
    announceVerified(this.#context.events, record, status);
    await this.#statuses.write(record, status);
  }

  #forget(name: string): void {
    for (const map of [this.#failures, this.#atOnce, this.#nodeAddresses]) map.delete(name);
    this.#statuses.forget(name);
    this.#verifier.forget(name);
  }

  #count({ action, status }: Reconciled): void {
    const { metrics, clock } = this.#context;
    if (action === "put") metrics.dnsUpdate(clock.now());
    if (action === "failed") metrics.dnsFailure(conditionOf(status, "Synced")?.reason ?? "Unknown");
  }
}
