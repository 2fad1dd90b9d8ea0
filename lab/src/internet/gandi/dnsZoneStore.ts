import { run } from "../../machine/run.ts";
import type { Rrset } from "./rrset.ts";
import type { RrsetChange, ZoneStore } from "./zoneStore.ts";

const TIMEOUT_MS = 5_000;

/**
 * Zones that an authoritative server holds: read by zone transfer (RFC 5936), written by dynamic update (RFC 2136),
 * both signed. One update message is one transaction, and the server answers it after it has committed.
 */
export class DnsZoneStore implements ZoneStore {
  readonly zones: readonly string[];
  readonly #server: string;
  readonly #keyFile: string;

  /** @param keyFile TSIG key in BIND's notation */
  constructor(options: { server: string; keyFile: string; zones: readonly string[] }) {
    this.zones = options.zones;
    this.#server = options.server;
    this.#keyFile = options.keyFile;
  }

  async read(zone: string): Promise<Rrset[]> {
    const flags = ["+noall", "+answer", "+time=3", "+tries=1"];
    const transfer = await run(["dig", `@${this.#server}`, zone, "AXFR", "-k", this.#keyFile, ...flags], {
      timeoutMs: TIMEOUT_MS,
    });
    return parseTransfer(zone, transfer);
  }

  async apply(zone: string, changes: readonly RrsetChange[]): Promise<void> {
    await run(["nsupdate", "-v", "-t", "3", "-k", this.#keyFile], {
      input: renderUpdate(this.#server, zone, changes),
      timeoutMs: TIMEOUT_MS,
    });
  }
}

/** dig's lines `owner ttl class type rdata`, the SOA first and last, as rrsets in the order of the transfer. */
export function parseTransfer(zone: string, text: string): Rrset[] {
  const rrsets = new Map<string, Rrset>();
  let soas = 0;
  for (const line of text.split("\n")) {
    const match = /^(\S+)\s+(\d+)\s+IN\s+(\S+)\s+(.*)$/.exec(line);
    if (match === null) continue;
    const [, owner = "", ttl = "", type = "", value = ""] = match;
    if (type === "SOA" && ++soas === 2) break;
    const name = relativeTo(zone, owner.toLowerCase());
    const known = rrsets.get(`${name} ${type}`);
    rrsets.set(`${name} ${type}`, { name, type, ttl: Number(ttl), values: [...(known?.values ?? []), value] });
  }
  if (soas !== 2) throw new Error(`Zone transfer of ${zone} failed: ${text.trim()}`);
  return [...rrsets.values()];
}

/** The input of nsupdate for one update message. */
export function renderUpdate(server: string, zone: string, changes: readonly RrsetChange[]): string {
  const lines = [`server ${server} 53`, `zone ${zone}.`];
  for (const change of changes) {
    const { name, type } = change.kind === "set" ? change.rrset : change;
    const owner = name === "@" ? `${zone}.` : `${name}.${zone}.`;
    lines.push(`update delete ${owner} ${type}`);
    if (change.kind === "set") {
      const { ttl, values } = change.rrset;
      lines.push(...values.map((value) => `update add ${owner} ${ttl} ${type} ${value}`));
    }
  }
  return [...lines, "send", ""].join("\n");
}

function relativeTo(zone: string, owner: string): string {
  if (owner === `${zone}.`) return "@";
  return owner.endsWith(`.${zone}.`) ? owner.slice(0, -zone.length - 2) : owner;
}
