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
  /** Called once per object after the store has changed. `undefined`: the object was deleted. */
  readonly onChange?: (name: string, object: T | undefined) => void;
  /** Called at every step of the loop, successful or not, for the liveness probe. */
  readonly onAlive?: () => void;
}

const BACKOFF = { baseMs: 500, maxMs: 30_000 };
/** The server ends a watch after this many seconds. A random fifth is added so that pods do not come back together. */
const WATCH_SECONDS = 270;
/** Everything is listed again after this time, even if the watch looks healthy. That repairs a lost event. */
const RELIST_MS = 30 * 60_000;
/** etcd keeps no object above 1.5 MiB. Its JSON may be considerably longer. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;
/** A watch that ends sooner than this without an event counts as failed, so that the loop cannot spin. */
const SHORT_WATCH_MS = 1_000;

/**
 * Keeps all objects of one kind in one namespace in memory, by list and watch. It never gives up: any error leads to a
 * pause (jittered, growing) and another attempt, and an expired resourceVersion to a new list. `ageMs` is how far its
 * data may lag behind.
 */
export class Watch<T extends KubeObject> {
  readonly #options: WatchOptions<T>;
  readonly #objects = new Map<string, T>();
  /** Names of objects that were put since the last list was requested. The list's answer may be older than they are. */
  readonly #putSinceList = new Set<string>();
  readonly #synced = Promise.withResolvers<undefined>();
  #resourceVersion: string | undefined;
  /** The version of the last list. An event up to this version is already in the list. */
  #listed: string | undefined;
  /** Settles when the list in progress is over. Of two lists at the same time the older answer could arrive last. */
  #listing: Promise<unknown> = Promise.resolve();
  #listedAt = 0;
  #contactAt: number | undefined;
  #failures = 0;

  constructor(options: WatchOptions<T>) {
    this.#options = options;
  }

  /** Whether the first list has arrived. Stays true when contact is lost later, and the known objects are kept. */
  get synced(): boolean {
    return this.#contactAt !== undefined;
  }

  /** Milliseconds since the API server last answered for this kind. Undefined before the first list. */
  ageMs(): number | undefined {
    return this.#contactAt === undefined ? undefined : this.#options.clock.monotonic() - this.#contactAt;
  }

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  /** Sorted by name. */
  items(): T[] {
    return [...this.#objects.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }

  /** Stores an object from the API server's answer to a read or a write, ahead of the event. */
  put(object: T): void {
    if (!this.#isGone(object) && this.#offer(object)) this.#putSinceList.add(object.metadata.name);
  }

  /** Resolves after the first list. Rejects with the signal's reason. */
  async whenSynced(signal: AbortSignal): Promise<void> {
    await untilAborted(this.#synced.promise, signal);
  }

  /**
   * Lists everything again by a consistent read, because the watch may lag behind. Rejects with the signal's reason.
   *
   * @returns the resourceVersion of the list
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

  /** Lists if a list is due, then watches until the watch ends. */
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
      // There was not even a bookmark, so nothing shows that the server knows this resourceVersion. A server whose etcd
      // was restored from a backup does not know it, and is silent until its versions reach it.
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
    // A newer list that was requested while this watch lagged behind already has this event.
    if (this.#listed !== undefined && !isNewer(resourceVersion, this.#listed)) return undefined;
    const known = this.#objects.get(name)?.metadata.resourceVersion;
    // If an object was deleted and created again, the answer to a write may already have shown the new one.
    if (type === "DELETED" && known !== undefined && isNewer(known, resourceVersion)) return undefined;
    const parsed = type === "DELETED" ? undefined : this.#read(object);
    if (parsed === undefined) this.#delete(name);
    else this.#offer(parsed);
    return undefined;
  }

  /**
   * A broken connection continues where it was. Anything else needs a new list: after 410 the server no longer knows
   * the resourceVersion, and an unreadable event would come again and again.
   */
  #relistUnlessTransient(failure: KubeFailure): KubeFailure | undefined {
    if (failure.kind === "Network" || failure.kind === "Timeout") return failure;
    this.#resourceVersion = undefined;
    // One 410 is normal and needs no pause. A server that repeats it has failed.
    if (failure.kind !== "Expired" || this.#failures > 0) return failure;
    this.#failures = 1;
    return undefined;
  }

  /**
   * The list replaces everything, even if its versions are smaller than the known ones: then etcd was restored from a
   * backup. Only an object that was put meanwhile and is newer than the list stays. The watch reports its fate.
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

  /** Returns undefined for an object that does not parse, as if it did not exist. */
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

  /**
   * Reports whether an object was deleted after the answer that showed it: watch or list has covered all up to a
   * version that is not older, without the object.
   */
  #isGone({ metadata: { name, resourceVersion } }: T): boolean {
    if (this.#objects.has(name) || resourceVersion === undefined) return false;
    return [this.#resourceVersion, this.#listed].some((told) => told !== undefined && !isNewer(resourceVersion, told));
  }

  /** Stores the object unless the known one is newer: the answer to a write may come before or after its event. */
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

/** Resource versions are decimal numbers that increase (KEP-5504). Other versions can only be compared for equality. */
function isNewer(a: string, b: string): boolean {
  const decimal = /^\d{1,32}$/;
  return decimal.test(a) && decimal.test(b) ? BigInt(a) > BigInt(b) : a !== b;
}

interface WatchEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: { code?: number; metadata?: { name?: string; resourceVersion?: string } };
}
