import { loadBalancerIps } from "@esddns/common/cluster";
import type { DnsRecordObject, DnsRecordSpec } from "@esddns/common/api";
import type { KubeFailure } from "../kube/failure.ts";
import { services } from "../kube/resources.ts";
import { pause } from "../runtime/wait.ts";
import type { WriterContext } from "./context.ts";

type ServiceRef = NonNullable<DnsRecordSpec["source"]["service"]>;

/** The known addresses of a Service, or why there are none, in words. */
type ServiceAddresses = { addresses: readonly string[] } | { problem: string };

/** Interval between two reads of every Service that a record names, in milliseconds. */
const POLL_MS = 20_000;

/**
 * The addresses of the Services that records name. Each Service is read by its name. The operator reads and keeps
 * nothing about other Services, and needs only the right to read these.
 */
export class Services {
  readonly #context: WriterContext;
  readonly #known = new Map<string, ServiceAddresses>();
  readonly #onChange: (recordName: string) => void;

  /** @param onChange called for every record whose Service has other addresses than before. */
  constructor(context: WriterContext, onChange: (recordName: string) => void) {
    this.#context = context;
    this.#onChange = onChange;
  }

  /** Returns the known addresses of a Service. Reads the Service if nothing is known yet. */
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
      // The term is over. The loop checks the signal itself.
      if (!signal.aborted) throw error;
    }
  }

  async #read(ref: ServiceRef, signal: AbortSignal): Promise<ServiceAddresses> {
    const read = await this.#context.client.get(services, ref, signal);
    const before = this.#known.get(keyOf(ref));
    // While the API server does not answer, its last answer stays valid.
    if (!read.ok && !isVerdict(read.error) && before !== undefined) return before;
    const found = read.ok ? { addresses: loadBalancerIps(read.value) } : { problem: problemOf(ref, read.error) };
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
