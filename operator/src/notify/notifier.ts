import type { DnsRecordObject, NotifyChannel, WanAddressObject } from "@esddns/common/api";
import { WAN_ADDRESS_NAME } from "@esddns/common/api";
import type { Clock, Random } from "../runtime/clock.ts";
import type { Term } from "../kube/lease.ts";
import type { Watch } from "../kube/watch.ts";
import type { Logger } from "../runtime/log.ts";
import { WorkQueue } from "../runtime/queue.ts";
import { Outbox, type Post } from "./outbox.ts";
import { Tracker } from "./tracker.ts";

type Store<T extends WanAddressObject | DnsRecordObject> = Pick<Watch<T>, "get" | "items" | "synced">;

interface NotifierOptions {
  readonly channels: readonly NotifyChannel[];
  readonly namespace: string;
  readonly wan: Store<WanAddressObject>;
  readonly records: Store<DnsRecordObject>;
  readonly post: Post;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * Notifies people about what happened. Every pod keeps track, so that the next holder of the lease knows what was sent.
 * Only the holder sends. A note is sent once or, if the holder dies at that moment, not at all.
 */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #queue: WorkQueue;
  readonly #tracker = new Tracker();
  readonly #outboxes: readonly Outbox[];
  #leading = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(options.clock);
    const { channels, namespace, post, clock, random, log } = options;
    this.#outboxes = channels.map((channel) => new Outbox({ channel, namespace, post, clock, random, log }));
  }

  /** The WanAddress or a record changed. Returns at once. */
  changed(): void {
    this.#queue.add("look");
  }

  /** Keeps track until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.changed();
    await this.#queue.run(() => this.#look(), signal);
  }

  /** Sends for as long as the term lasts. */
  async lead({ signal }: Pick<Term, "signal">): Promise<void> {
    this.#leading = true;
    try {
      await Promise.all(this.#outboxes.map((outbox) => outbox.run(signal)));
    } finally {
      this.#leading = false;
    }
  }

  #look(): Promise<void> {
    const { wan, records, clock } = this.#options;
    if (wan.synced && records.synced) {
      const present = wan.get(WAN_ADDRESS_NAME);
      const { notes, againMs } = this.#tracker.update(present, records.items(), clock.now(), clock.monotonic());
      if (againMs !== undefined) this.#queue.add("look", againMs);
      if (this.#leading) for (const note of notes) for (const outbox of this.#outboxes) outbox.offer(note);
    }
    return Promise.resolve();
  }
}
