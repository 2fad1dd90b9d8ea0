import type { RateBudget, BudgetRefusal, Reservation } from "../gandi/budget.ts";
import { type LiveDnsFailure, type LiveDnsResult, notSentYet } from "../gandi/errors.ts";
import type { LiveDns } from "../gandi/livedns.ts";
import type { Rrset, RrsetType } from "../gandi/rrset.ts";

/** A Gandi account in memory: its rrsets, the calls so far, and the faults that the test sets. */
export class FakeLiveDns {
  readonly rrsets = new Map<string, Rrset>();
  readonly calls: string[] = [];
  /** Limits the calls, as the budget of the real client does. */
  budget: RateBudget | undefined;
  /** Called before every call. A failure that it returns becomes the call's result, and the call is not carried out. */
  fault: (call: string) => LiveDnsFailure | undefined = () => undefined;
  /** Called after every call. A failure that it returns replaces the answer, though the call was carried out. */
  lost: (call: string) => LiveDnsFailure | undefined = () => undefined;
  /** Returns what a PUT stores. */
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

/** Returns the key of an rrset. Zone and name are compared without case. */
function place(zone: string, name: string, type: string): string {
  return key(zone.toLowerCase(), name.toLowerCase(), type);
}

function key(zone: string, name: string, type: string): string {
  return `${zone} ${name} ${type}`;
}
