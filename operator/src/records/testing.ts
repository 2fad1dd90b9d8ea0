import type { RateBudget, BudgetRefusal, Reservation } from "../gandi/budget.ts";
import { type LiveDnsFailure, type LiveDnsResult, notSentYet } from "../gandi/errors.ts";
import type { LiveDns } from "../gandi/livedns.ts";
import type { Rrset, RrsetType } from "../gandi/rrset.ts";

/** An account at Gandi in memory: what stands there, what was asked, and what shall go wrong next. */
export class FakeLiveDns {
  readonly rrsets = new Map<string, Rrset>();
  readonly calls: string[] = [];
  /** Limits the calls, as the real client's does. */
  budget: RateBudget | undefined;
  /** Looked at before every call; a failure that it gives is the call's outcome. */
  fault: (call: string) => LiveDnsFailure | undefined = () => undefined;
  /** A call that is carried out, and the answer to which is lost: this is what comes instead. */
  lost: (call: string) => LiveDnsFailure | undefined = () => undefined;
  /** What a PUT leaves behind. */
  store: (rrset: Rrset) => Rrset | undefined = (rrset) => rrset;

  readonly api: Pick<LiveDns, "reserve" | "getRrset" | "putRrset" | "deleteRrset"> = {
    reserve: (requests, urgency) => {
      const reserved = this.budget?.reserve(requests, urgency) ?? { ok: true, value: UNLIMITED };
      return reserved.ok ? reserved : { ok: false, error: this.#notSent(reserved.why) };
    },
    getRrset: (zone, name, type, signal, turn) =>
      this.#call(`GET ${key(zone, name, type)}`, signal, turn, () => this.rrsets.get(place(zone, name, type))),
    putRrset: (zone, name, rrset, signal, turn) =>
      this.#call(`PUT ${key(zone, name, rrset.type)} ${rrset.values.join()} ${rrset.ttl}`, signal, turn, () => {
        const stored = this.store(rrset);
        if (stored !== undefined) this.rrsets.set(place(zone, name, rrset.type), stored);
      }),
    deleteRrset: (zone, name, type, signal, turn) =>
      this.#call(`DELETE ${key(zone, name, type)}`, signal, turn, () => {
        this.rrsets.delete(place(zone, name, type));
      }),
  };

  stand(name: string, type: RrsetType, ttl: number, ...values: string[]): void {
    this.rrsets.set(place("example.com", name, type), { type, ttl, values });
  }

  at(name: string, type: RrsetType): Rrset | undefined {
    return this.rrsets.get(place("example.com", name, type));
  }

  #notSent(why: BudgetRefusal): LiveDnsFailure {
    return notSentYet(why, this.budget ?? { limit: Infinity, slowed: false });
  }

  #call<T>(call: string, signal: AbortSignal, turn: Reservation | undefined, act: () => T): Promise<LiveDnsResult<T>> {
    signal.throwIfAborted();
    const refusal = (turn ?? this.budget)?.take();
    if (refusal !== undefined) return Promise.resolve({ ok: false, error: this.#notSent(refusal) });
    this.calls.push(call);
    const error = this.fault(call);
    if (error !== undefined) return Promise.resolve({ ok: false, error });
    const value = act();
    const lost = this.lost(call);
    return Promise.resolve(lost === undefined ? { ok: true, value } : { ok: false, error: lost });
  }
}

const UNLIMITED: Reservation = { take: () => undefined, release: () => undefined };

/** Where an rrset stands: names are the same in capitals and in small letters. */
function place(zone: string, name: string, type: string): string {
  return key(zone.toLowerCase(), name.toLowerCase(), type);
}

function key(zone: string, name: string, type: string): string {
  return `${zone} ${name} ${type}`;
}
