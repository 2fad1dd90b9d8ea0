import { type KubeObject } from "@esddns/common/api";
import { clean } from "@esddns/common/text";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import type { KubeClient } from "./client.ts";
import { events } from "./resources.ts";

/** An entry under "Events" of `kubectl describe`. */
export interface EventNote {
  readonly type: "Normal" | "Warning";
  /** One word, for programs: Changed, Disputed, Synced, SyncFailed. */
  readonly reason: string;
  /** What the operator was doing, one word. */
  readonly action: string;
  /** What happened and what to do about it, in words. */
  readonly note: string;
}

/** The same note as the last one for its object and reason is a retry and no news for this time. Milliseconds. */
const REPEAT_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Per object and reason, so that a flapping state does not flood the API server. */
const MOST_AN_HOUR = 60;
/** How many objects and reasons are remembered. The oldest is forgotten first. */
const REMEMBERED = 256;
/** The API server refuses an event with a longer note. */
const MAX_NOTE_BYTES = 1024;

export interface EventRecorder {
  /** Never waits and never fails. An event that cannot be written is logged and dropped. */
  record(regarding: KubeObject, event: EventNote): void;
  /** Resolves when no write is in progress. */
  idle(): Promise<void>;
}

/** Writes events of events.k8s.io/v1. `instance` is the pod that reports. */
export function eventRecorder(options: {
  client: Pick<KubeClient, "create">;
  instance: string;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
}): EventRecorder {
  const { client, instance, clock, log, signal } = options;
  const written = new Map<string, { note: string; times: readonly number[] }>();
  const pending = new Set<Promise<void>>();
  let serial = 0;

  const isTooMuch = (key: string, note: string): boolean => {
    const now = clock.monotonic();
    const before = written.get(key);
    const times = (before?.times ?? []).filter((at) => now - at < HOUR_MS);
    const isRepeat = before?.note === note && now - (times.at(-1) ?? -Infinity) < REPEAT_MS;
    if (isRepeat || times.length >= MOST_AN_HOUR) return true;
    written.delete(key);
    written.set(key, { note, times: [...times, now] });
    const oldest = written.keys().next();
    if (written.size > REMEMBERED && oldest.done !== true) written.delete(oldest.value);
    return false;
  };

  const write = async (regarding: KubeObject, event: EventNote): Promise<void> => {
    const { name, namespace, uid, resourceVersion } = regarding.metadata;
    const now = clock.now();
    const object = {
      apiVersion: events.apiVersion,
      kind: events.kind,
      metadata: { name: `${name}.${now.toString(16)}.${serial++}`, ...(namespace === undefined ? {} : { namespace }) },
      eventTime: new Date(now).toISOString().replace("Z", "000Z"),
      reportingController: "esddns.io/operator",
      reportingInstance: instance,
      ...event,
      note: withinBytes(event.note, MAX_NOTE_BYTES),
      regarding: { apiVersion: regarding.apiVersion, kind: regarding.kind, name, namespace, uid, resourceVersion },
    };
    try {
      const created = await client.create(events, object, signal);
      if (!created.ok) log.warn({ failure: created.error, reason: event.reason }, "event not written");
    } catch (error) {
      log.debug({ err: error, reason: event.reason }, "event not written");
    }
  };

  return {
    record: (regarding, event) => {
      if (isTooMuch(JSON.stringify([regarding.kind, regarding.metadata.uid, event.reason]), event.note)) return;
      const task = write(regarding, event).finally(() => pending.delete(task));
      pending.add(task);
    },
    idle: async () => {
      await Promise.all(pending);
    },
  };
}

/** Returns the cleaned text, cut to that many bytes of UTF-8, but never within a character. */
function withinBytes(text: string, most: number): string {
  const bytes = Buffer.from(clean(text, most));
  return bytes
    .subarray(0, most)
    .toString()
    .replace(/\uFFFD$/, "");
}
