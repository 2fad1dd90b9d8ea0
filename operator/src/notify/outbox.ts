import type { NotifyChannel } from "@esddns/common/api";
import type { Clock, Random } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import { WorkQueue } from "../runtime/queue.ts";
import { TokenBucket } from "../runtime/tokenBucket.ts";
import { backoffMs, within } from "../runtime/wait.ts";
import { merged, type NotifyRequest, requestOf } from "./message.ts";
import type { Note } from "./tracker.ts";

/** Sends and resolves with the HTTP status. Rejects without an answer. */
export type Post = (request: NotifyRequest, signal: AbortSignal) => Promise<number>;

interface OutboxOptions {
  readonly channel: NotifyChannel;
  readonly namespace: string;
  readonly post: Post;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** At most this many notes wait. Of further ones only the number is reported. */
const CAPACITY = 32;
/** How many messages may be sent at once, and how often afterwards. */
const LIMIT = { burst: 5, refillMs: 60_000 };
const SEND_TIMEOUT_MS = 10_000;
const BACKOFF = { baseMs: 5_000, maxMs: 300_000 };
/** A note that could not be sent by then is no longer news. Milliseconds. */
const MAX_AGE_MS = 3_600_000;
const KEY = "send";

interface Waiting {
  readonly note: Note;
  readonly at: number;
}

/**
 * The notes that one channel has not received yet. Nothing waits for it: notes are merged and dropped rather than piled
 * up.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #queue: WorkQueue;
  readonly #waiting = new Map<string, Waiting>();
  #omitted = 0;
  #failures = 0;
  #notBefore = 0;
  readonly #limit = new TokenBucket(LIMIT);

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(options.clock);
  }

  offer(note: Note): void {
    if (!this.#options.channel.events.includes(note.kind)) return;
    const at = this.#options.clock.monotonic();
    this.#waiting.delete(note.key);
    if (this.#waiting.size >= CAPACITY) this.#omitted += 1;
    else this.#waiting.set(note.key, { note, at });
    this.#queue.add(KEY, Math.max(0, this.#notBefore - at));
  }

  /** Sends until the signal aborts. Waiting notes are then dropped. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#queue.run(() => this.#send(signal), signal);
    this.#waiting.clear();
    this.#omitted = 0;
  }

  async #send(signal: AbortSignal): Promise<void> {
    const { clock, channel, namespace, random, log } = this.#options;
    this.#forgetOld();
    const taken = [...this.#waiting];
    const note = merged(
      taken.map(([, { note: one }]) => one),
      this.#omitted,
    );
    if (note === undefined) return;
    const now = clock.monotonic();
    if (!this.#limit.take(now)) {
      this.#later(this.#limit.readyAt(now) - now);
      return;
    }
    const omitted = this.#omitted;
    const outcome = await this.#attempt(requestOf(channel, note, namespace, clock.now()), signal);
    if (signal.aborted) return;
    if (outcome === "again") {
      const againMs = backoffMs(this.#failures++, BACKOFF, random);
      this.#later(againMs);
      return;
    }
    this.#failures = 0;
    for (const [key, sent] of taken) if (this.#waiting.get(key) === sent) this.#waiting.delete(key);
    this.#omitted -= omitted;
    if (outcome === "sent") log.info({ channel: channel.name, kind: note.kind, subject: note.subject }, "told");
    if (this.#waiting.size > 0) this.#queue.add(KEY);
  }

  async #attempt(request: NotifyRequest, signal: AbortSignal): Promise<"sent" | "again" | "refused"> {
    const { clock, post, log, channel } = this.#options;
    try {
      const status = await within(clock, SEND_TIMEOUT_MS, signal, (limited) => post(request, limited));
      if (status >= 200 && status < 300) return "sent";
      const again = status >= 500 || [408, 425, 429].includes(status);
      // Neither the URL nor the error's message is logged: both may contain secrets.
      log.warn({ channel: channel.name, status, again }, "notification not taken");
      return again ? "again" : "refused";
    } catch (error) {
      const reason = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : "unknown";
      if (!signal.aborted) log.warn({ channel: channel.name, reason, again: true }, "notification not sent");
      return "again";
    }
  }

  #later(ms: number): void {
    this.#notBefore = this.#options.clock.monotonic() + ms;
    this.#queue.add(KEY, ms);
  }

  #forgetOld(): void {
    const now = this.#options.clock.monotonic();
    for (const [key, { at }] of this.#waiting) if (now - at > MAX_AGE_MS) this.#waiting.delete(key);
  }
}
