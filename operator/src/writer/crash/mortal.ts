/** A writer that can be killed before or after any of its writes. After that none of its requests is answered. */
import type { WriterContext } from "../context.ts";

/** Before: the write is not carried out. After: the write is carried out, but the writer gets no answer. */
export interface KillPoint {
  readonly write: number;
  readonly when: "before" | "after";
}

export class Mortal {
  /** The writes so far, in words: statuses and finalizers at the API server, PUTs and DELETEs at Gandi. */
  readonly writes: string[] = [];
  readonly died = Promise.withResolvers<undefined>();
  dead = false;
  readonly #kill: KillPoint | undefined;

  constructor(kill: KillPoint | undefined) {
    this.#kill = kill;
  }

  wrap(context: WriterContext): WriterContext {
    const { client, livedns, events } = context;
    return {
      ...context,
      client: {
        get: (...args) => this.#read(() => client.get(...args)),
        apply: (...args) => {
          const { kind, metadata, ...rest } = args[1];
          return this.#write(`${kind} ${metadata.name} ${brief(rest)}`, () => client.apply(...args));
        },
        patch: (...args) =>
          this.#write(`finalizer of ${args[1].name} ${JSON.stringify(args[2])}`, () => client.patch(...args)),
      },
      livedns: {
        reserve: (...args) => livedns.reserve(...args),
        dropConnections: () => {
          livedns.dropConnections();
        },
        getRrset: (...args) => this.#read(() => livedns.getRrset(...args)),
        putRrset: (...args) =>
          this.#write(`PUT ${args[1]} ${args[2].type} ${args[2].values.join()}`, () => livedns.putRrset(...args)),
        deleteRrset: (...args) => this.#write(`DELETE ${args[1]} ${args[2]}`, () => livedns.deleteRrset(...args)),
      },
      events: {
        ...events,
        record: (...args) => {
          if (!this.dead) events.record(...args);
        },
      },
    };
  }

  #read<T>(act: () => Promise<T>): Promise<T> {
    return this.dead ? forever() : act();
  }

  async #write<T>(what: string, act: () => Promise<T>): Promise<T> {
    if (this.dead) return await forever();
    this.writes.push(what);
    const isLast = this.#kill?.write === this.writes.length - 1;
    if (isLast && this.#kill.when === "before") return await this.#die();
    const answer = await act();
    return isLast ? await this.#die() : answer;
  }

  #die<T>(): Promise<T> {
    this.dead = true;
    this.died.resolve(undefined);
    return forever();
  }
}

function forever<T>(): Promise<T> {
  return new Promise(() => undefined);
}

/** Returns only the parts of a status that are about rrsets and addresses. */
function brief(object: object): string {
  const { status, data } = object as { status?: Record<string, unknown>; data?: unknown };
  if (status === undefined) return JSON.stringify(data);
  const { fqdn, published, attempted, left, replaced, corrections, ipv4, ipv6Prefix, decisionId } = status;
  return JSON.stringify({ fqdn, published, attempted, left, replaced, corrections, ipv4, ipv6Prefix, decisionId });
}
