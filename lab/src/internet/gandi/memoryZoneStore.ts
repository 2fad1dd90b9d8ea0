import type { Rrset } from "./rrset.ts";
import type { RrsetChange, ZoneStore } from "./zoneStore.ts";

/** A zone store for tests. */
export class MemoryZoneStore implements ZoneStore {
  readonly #zones: Map<string, Rrset[]>;

  constructor(zones: Readonly<Record<string, readonly Rrset[]>>) {
    this.#zones = new Map(Object.entries(zones).map(([zone, rrsets]) => [zone, [...rrsets]]));
  }

  get zones(): string[] {
    return [...this.#zones.keys()];
  }

  read(zone: string): Promise<Rrset[]> {
    return Promise.resolve(this.#zones.get(zone) ?? []);
  }

  apply(zone: string, changes: readonly RrsetChange[]): Promise<void> {
    for (const change of changes) {
      const { name, type } = change.kind === "set" ? change.rrset : change;
      const others = (this.#zones.get(zone) ?? []).filter((rrset) => rrset.name !== name || rrset.type !== type);
      this.#zones.set(zone, change.kind === "set" ? [...others, change.rrset] : others);
    }
    return Promise.resolve();
  }
}
