import type { DnsRecordObject, DnsRecordSpec } from "@esddns/common/api";
import type { KubeFailure } from "../kube/failure.ts";
import { services } from "../kube/resources.ts";
import { pause } from "../runtime/wait.ts";
import type { WriterContext } from "./context.ts";

type ServiceRef = NonNullable<DnsRecordSpec["source"]["service"]>;

/** What is known of a Service: its addresses, or in words why there are none. */
type ServiceAddresses = { addresses: readonly string[] } | { problem: string };

/** Between two looks at every Service that some record names, milliseconds. */
const POLL_MS = 20_000;

/**
 * The addresses of the Services that records name, each read by itself: of other Services nothing is read or kept, and
 * the right to read these is all that is needed.
 */
export class Services {
  readonly #context: WriterContext;
  readonly #known = new Map<string, ServiceAddresses>();
  readonly #onChange: (recordName: string) => void;

  /** `onChange` is called for every record whose Service has other addresses than before. */
  constructor(context: WriterContext, onChange: (recordName: string) => void) {
    this.#context = context;
    this.#onChange = onChange;
  }

  /** Reads where nothing is known yet. */
  async of(ref: ServiceRef, signal: AbortSignal): Promise<ServiceAddresses> {
    return this.#known.get(keyOf(ref)) ?? (await this.#read(ref, signal));
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, records } = this.#context;
    while (!signal.aborted) {
      await pause(clock, POLL_MS, signal);
      const named = new Map<string, { ref: ServiceRef; users: string[] }>();
      for (const record of records.items()) {
        const ref = serviceOf(record);
        if (ref === undefined) continue;
        const { users } = named.get(keyOf(ref)) ?? { users: [] };
        named.set(keyOf(ref), { ref, users: [...users, record.metadata.name] });
      }
      for (const key of this.#known.keys()) if (!named.has(key)) this.#known.delete(key);
      for (const { ref, users } of named.values()) await this.#look(ref, users, signal);
    }
  }

  async #look(ref: ServiceRef, users: readonly string[], signal: AbortSignal): Promise<void> {
    const before = JSON.stringify(this.#known.get(keyOf(ref)));
    try {
      if (JSON.stringify(await this.#read(ref, signal)) === before) return;
      for (const name of users) this.#onChange(name);
    } catch (error) {
      // The end of the term; the loop asks for it.
      if (!signal.aborted) throw error;
    }
  }

  async #read(ref: ServiceRef, signal: AbortSignal): Promise<ServiceAddresses> {
    const read = await this.#context.client.get(services, ref, signal);
    const before = this.#known.get(keyOf(ref));
    // While the API server cannot say, what it last said goes on.
    if (!read.ok && !isVerdict(read.error) && before !== undefined) return before;
    const found = read.ok
      ? { addresses: (read.value.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []) }
      : { problem: problemOf(ref, read.error) };
    this.#known.set(keyOf(ref), found);
    return found;
  }
}

function serviceOf({ spec }: DnsRecordObject): ServiceRef | undefined {
  return spec.source.kind === "Service" ? spec.source.service : undefined;
}

function keyOf({ namespace, name }: ServiceRef): string {
  return `${namespace}/${name}`;
}

function isVerdict({ kind }: KubeFailure): boolean {
  return kind === "NotFound" || kind === "Forbidden";
}

function problemOf({ namespace, name }: ServiceRef, { kind }: KubeFailure): string {
  if (kind === "NotFound") return `there is no Service ${namespace}/${name}`;
  return kind === "Forbidden"
    ? `Service ${namespace}/${name} may not be read: name it in esddns:records and run "pulumi up", which makes the Role for it`
    : `Service ${namespace}/${name} cannot be read now (${kind})`;
}
