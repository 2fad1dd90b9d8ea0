import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "@esddns/common/api";
import type { Clock, Random } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import { backoffMs, pause, untilAborted } from "../runtime/wait.ts";
import type { KubeClient, ListPage } from "./client.ts";
import { failureOfError, failureOfStatus, type KubeFailure, type KubeResult } from "./failure.ts";
import { splitLines } from "./lines.ts";
import type { Resource } from "./resources.ts";

export interface WatchOptions<T extends KubeObject> {
  readonly client: Pick<KubeClient, "list" | "watch">;
  readonly resource: Resource<T>;
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Called after the store has changed, once per object; `undefined` says that it is gone. */
  readonly onChange?: (name: string, object: T | undefined) => void;
  /** Called whenever the loop makes a step, with success or without: what liveness wants to know. */
  readonly onAlive?: () => void;
}

const BACKOFF = { baseMs: 500, maxMs: 30_000 };
/** The server ends a watch after this many seconds, plus a random fifth so that pods do not come back together. */
const WATCH_SECONDS = 270;
/** However healthy the watch looks, everything is read anew after this time: a lost event is then repaired. */
const RELIST_MS = 30 * 60_000;
/** etcd keeps no object above 1.5 MiB; the JSON of one may be a good deal longer. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;
/** A watch that ends sooner than this without a single event counts as failed, so that it cannot spin. */
const SHORT_WATCH_MS = 1_000;

/**
 * All objects of one kind in one namespace, kept in memory by list and watch. It never gives up: any error ends in a
 * pause (jittered, growing) and another attempt, an expired resourceVersion in a new list. How far its knowledge may
 * lag behind is `ageMs`.
 */
export class Watch<T extends KubeObject> {
  readonly #options: WatchOptions<T>;
  readonly #objects = new Map<string, T>();
  /** Names of what was put since the last list was asked for: its answer may be older than they are. */
  readonly #putSinceList = new Set<string>();
  readonly #synced = Promise.withResolvers<undefined>();
  #resourceVersion: string | undefined;
  /** What the last list was read at: an event up to here tells of what the list has already. */
  #listed: string | undefined;
  /** Settles when the list that is under way is over: of two at the same time the older answer could come last. */
  #listing: Promise<unknown> = Promise.resolve();
  #listedAt = 0;
  #contactAt: number | undefined;
  #failures = 0;

  constructor(options: WatchOptions<T>) {
    this.#options = options;
  }

  /** Whether the first list has come in. Stays true when contact is lost later: what was known is kept. */
  get synced(): boolean {
    return this.#contactAt !== undefined;
  }

  /** Milliseconds since the API server was last heard of for this kind; undefined before the first list. */
  ageMs(): number | undefined {
    return this.#contactAt === undefined ? undefined : this.#options.clock.monotonic() - this.#contactAt;
  }

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  /** By name. */
  items(): T[] {
    return [...this.#objects.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }

  /** Puts in what the API server has just answered to a read or a write, ahead of the event. */
  put(object: T): void {
    if (!this.#isGone(object) && this.#offer(object)) this.#putSinceList.add(object.metadata.name);
  }

  /** Resolves after the first list; rejects with the signal's reason. */
  async whenSynced(signal: AbortSignal): Promise<void> {
    await untilAborted(this.#synced.promise, signal);
  }

  /**
   * Reads everything anew, by a consistent read: what the watch has told so far may be older than what is there. Rejects
   * with the signal's reason.
   * @returns the resourceVersion that it was read at.
   */
  async refresh(signal: AbortSignal): Promise<KubeResult<string>> {
    const before = this.#listing;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#listing = promise;
    try {
      await untilAborted(before, signal);
      return await this.#list(signal);
    } finally {
      void before.finally(() => {
        resolve(undefined);
      });
    }
  }

  /** Runs until the signal aborts, then resolves. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        signal.throwIfAborted();
        const failure = await this.#session(signal);
        this.#options.onAlive?.();
        if (failure !== undefined) await this.#backOff(failure, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #backOff(failure: KubeFailure, signal: AbortSignal): Promise<void> {
    const { clock, random, log, resource } = this.#options;
    const waitMs = Math.max(backoffMs(this.#failures++, BACKOFF, random), failure.retryAfterMs ?? 0);
    log.warn({ kind: resource.kind, failure, waitMs: Math.round(waitMs) }, "watch interrupted");
    await pause(clock, waitMs, signal);
  }

  /** One list where it is due, then one watch until it ends. */
  async #session(signal: AbortSignal): Promise<KubeFailure | undefined> {
    const { client, resource, namespace, clock, random } = this.#options;
    if (this.#resourceVersion === undefined || clock.monotonic() - this.#listedAt >= RELIST_MS) {
      const listed = await this.refresh(signal);
      if (!listed.ok) return listed.error;
      this.#resourceVersion = listed.value;
    }
    const startedAt = clock.monotonic();
    const timeoutSeconds = Math.round(WATCH_SECONDS * (1 + random() / 5));
    const stream = await client.watch(
      resource,
      namespace,
      { resourceVersion: this.#resourceVersion, timeoutSeconds },
      signal,
    );
    if (!stream.ok) return this.#relistUnlessTransient(stream.error);
    this.#contact();
    return await this.#follow(stream.value, startedAt, signal);
  }

  async #list(signal: AbortSignal): Promise<KubeResult<string>> {
    const { client, resource, namespace, clock } = this.#options;
    this.#putSinceList.clear();
    const listed = await client.list(resource, namespace, signal);
    if (!listed.ok) return listed;
    this.#replace(listed.value);
    this.#listed = listed.value.resourceVersion;
    this.#listedAt = clock.monotonic();
    this.#contact();
    this.#synced.resolve(undefined);
    return { ok: true, value: listed.value.resourceVersion };
  }

  async #follow(
    stream: AsyncIterable<Uint8Array>,
    startedAt: number,
    signal: AbortSignal,
  ): Promise<KubeFailure | undefined> {
    let events = 0;
    try {
      for await (const line of splitLines(stream, MAX_LINE_BYTES)) {
        this.#contact();
        const failure = this.#event(JSON.parse(line) as Partial<WatchEvent>);
        if (failure !== undefined) return this.#relistUnlessTransient(failure);
        events++;
        this.#failures = 0;
      }
    } catch (error) {
      signal.throwIfAborted();
      return this.#relistUnlessTransient(failureOfError(error));
    } finally {
      // Not so much as a bookmark: nothing shows that the server knows this resourceVersion. One whose etcd came back from
      // a backup does not, and is silent until it has counted up to it.
      if (events === 0) this.#resourceVersion = undefined;
    }
    if (events === 0 && this.#options.clock.monotonic() - startedAt < SHORT_WATCH_MS) {
      return { kind: "Unexpected", message: "the watch ended at once" };
    }
    this.#failures = 0;
    return undefined;
  }

  #event({ type, object }: Partial<WatchEvent>): KubeFailure | undefined {
    if (type === "ERROR") return failureOfStatus(object?.code ?? 500, JSON.stringify(object ?? {}));
    const { name, resourceVersion } = object?.metadata ?? {};
    if (resourceVersion === undefined) return { kind: "Unexpected", message: "an event without a resource version" };
    this.#resourceVersion = resourceVersion;
    if (type === "BOOKMARK" || name === undefined) return undefined;
    // A list that was asked for while this watch was behind has told it already, and more.
    if (this.#listed !== undefined && !isNewer(resourceVersion, this.#listed)) return undefined;
    const known = this.#objects.get(name)?.metadata.resourceVersion;
    // Of an object that was deleted and made anew the answer to a write may have told already.
    if (type === "DELETED" && known !== undefined && isNewer(known, resourceVersion)) return undefined;
    const parsed = type === "DELETED" ? undefined : this.#read(object);
    if (parsed === undefined) this.#delete(name);
    else this.#offer(parsed);
    return undefined;
  }

  /**
   * A connection that broke goes on where it was. Anything else needs a new list: 410, because the server no longer
   * knows the resourceVersion, and an event that cannot be read, because it would come again and again.
   */
  #relistUnlessTransient(failure: KubeFailure): KubeFailure | undefined {
    if (failure.kind === "Network" || failure.kind === "Timeout") return failure;
    this.#resourceVersion = undefined;
    // 410 is in order once, without a pause; a server that says so again and again is a failure like any other.
    if (failure.kind !== "Expired" || this.#failures > 0) return failure;
    this.#failures = 1;
    return undefined;
  }

  /**
   * The list is what there is, also where its versions are smaller than those known: etcd came back from a backup then.
   * Only what was put meanwhile and is newer than the list stays; the watch tells what becomes of it.
   */
  #replace({ items, resourceVersion: listed }: ListPage): void {
    const ahead = (name: string): boolean => {
      const version = this.#objects.get(name)?.metadata.resourceVersion;
      return this.#putSinceList.has(name) && version !== undefined && isNewer(version, listed);
    };
    const objects = items.map((item) => this.#read(item)).filter((object) => object !== undefined);
    const names = new Set(objects.map(({ metadata }) => metadata.name));
    for (const object of objects) if (!ahead(object.metadata.name)) this.#set(object);
    for (const name of [...this.#objects.keys()]) if (!names.has(name) && !ahead(name)) this.#delete(name);
  }

  /** One that does not parse is as good as not there. */
  #read(value: unknown): T | undefined {
    const parsed = this.#options.resource.parse(value);
    if (parsed.ok) return parsed.value;
    this.#options.log.warn(
      {
        kind: this.#options.resource.kind,
        name: (value as { metadata?: { name?: string } }).metadata?.name,
        problem: parsed.problem,
      },
      "object ignored: not as its definition has it",
    );
    return undefined;
  }

  /** Watch or list has told all up to a version that is not older, without such an object: it was deleted after the answer. */
  #isGone({ metadata: { name, resourceVersion } }: T): boolean {
    if (this.#objects.has(name) || resourceVersion === undefined) return false;
    return [this.#resourceVersion, this.#listed].some((told) => told !== undefined && !isNewer(resourceVersion, told));
  }

  /** Takes the object unless what is known is newer: the answer to a write may come before or after its event. */
  #offer(object: T): boolean {
    const { name, resourceVersion } = object.metadata;
    const before = this.#objects.get(name)?.metadata.resourceVersion;
    if (before !== undefined && resourceVersion !== undefined && !isNewer(resourceVersion, before)) return false;
    this.#set(object);
    return true;
  }

  #set(object: T): void {
    const { name } = object.metadata;
    if (isDeepStrictEqual(object, this.#objects.get(name))) return;
    this.#objects.set(name, object);
    this.#options.onChange?.(name, object);
  }

  #delete(name: string): void {
    if (this.#objects.delete(name)) this.#options.onChange?.(name, undefined);
  }

  #contact(): void {
    this.#contactAt = this.#options.clock.monotonic();
    this.#options.onAlive?.();
  }
}

/** Resource versions are decimal numbers that grow (KEP-5504); of any others nothing is known but whether they differ. */
function isNewer(a: string, b: string): boolean {
  const decimal = /^\d{1,32}$/;
  return decimal.test(a) && decimal.test(b) ? BigInt(a) > BigInt(b) : a !== b;
}

interface WatchEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: { code?: number; metadata?: { name?: string; resourceVersion?: string } };
}
