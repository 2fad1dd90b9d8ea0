import {
  detectionSpec,
  type DnsRecordObject,
  dnsRecordSpec,
  type KubeObject,
  type WanAddressObject,
  type WanObservationObject,
} from "@esddns/common/api";
import type { EventNote } from "../kube/events.ts";
import { failureOfStatus, type KubeResult } from "../kube/failure.ts";
import type { Term } from "../kube/lease.ts";
import { dnsRecords, type Resource, wanAddresses, wanObservations } from "../kube/resources.ts";
import { directClient, FakeApi } from "../kube/testing.ts";
import { FakeLiveDns } from "../records/testing.ts";
import type { Authority } from "../records/verify.ts";
import { votes } from "../decide/testing.ts";
import type { Store, WriterContext } from "./context.ts";
import { Writer } from "./writer.ts";
import { silentLog, type VirtualClock, virtualClock } from "../runtime/testing.ts";

class MemoryStore<T extends KubeObject> implements Store<T> {
  readonly objects = new Map<string, T>();
  readonly #api: FakeApi;
  readonly #resource: Resource<T>;
  readonly #onChange: (name: string, object: T | undefined) => void;

  constructor(
    api: FakeApi,
    resource: Resource<T>,
    onChange: (name: string, object: T | undefined) => void = () => undefined,
  ) {
    this.#api = api;
    this.#resource = resource;
    this.#onChange = onChange;
  }

  get = (name: string): T | undefined => this.objects.get(name);
  items = (): T[] => [...this.objects.values()];
  put = (object: T): void => {
    this.objects.set(object.metadata.name, object);
    this.#onChange(object.metadata.name, object);
  };
  refresh = (): Promise<KubeResult<string>> => {
    const { status, body } = this.#api.handle({ method: "GET", target: `/${this.#resource.plural}` });
    if (status !== 200) {
      return Promise.resolve({ ok: false, error: failureOfStatus(status, JSON.stringify(body)) });
    }
    const parsed = (body as { items: unknown[] }).items.map((item) => this.#resource.parse(structuredClone(item)));
    const listed = parsed.flatMap((each) => (each.ok ? [each.value] : []));
    const names = new Set(listed.map(({ metadata }) => metadata.name));
    for (const object of listed) this.put(object);
    for (const name of [...this.objects.keys()].filter((each) => !names.has(each))) {
      this.objects.delete(name);
      this.#onChange(name, undefined);
    }
    return Promise.resolve({ ok: true, value: String(this.#api.resourceVersion) });
  };
  whenSynced = (): Promise<void> => Promise.resolve();
}

const KINDS: readonly Resource<KubeObject>[] = [wanAddresses, wanObservations, dnsRecords];

/** One writer with its own API server, Gandi account and clock, and with a lease that the test controls. */
export class World {
  readonly api: FakeApi;
  readonly gandi: FakeLiveDns;
  readonly clock: VirtualClock;
  readonly logged: string[] = [];
  readonly events: (EventNote & { about: string })[] = [];
  readonly counted: string[] = [];
  readonly wan: MemoryStore<WanAddressObject>;
  readonly observations: MemoryStore<WanObservationObject>;
  readonly records: MemoryStore<DnsRecordObject>;
  readonly writer: Writer;
  /** The name servers of every zone. They answer with the rrsets at Gandi. */
  readonly authority: Authority = {
    nameServers: () => Promise.resolve(["ns1.example.net", "ns2.example.net"]),
    addresses: (host) => Promise.resolve([host === "ns1.example.net" ? "198.41.0.4" : "199.9.14.201"]),
    ask: (_server, name, type) =>
      Promise.resolve(this.gandi.at(name.replace(/\.?example\.com$/, "") || "@", type)?.values ?? []),
  };
  /** The token in the mounted Secret, or undefined if there is none. */
  token: string | undefined = "token-1";
  /** The remaining time of the lease, in milliseconds. */
  remainingMs = 14_000;
  dropped = 0;
  random: () => number = () => 0.5;
  /** Gandi's answers to GET requests reach this writer only after this resolves. */
  paused: Promise<void> = Promise.resolve();

  /** While true, changes by people and nodes reach the API server, but this writer's watches do not report them. */
  hidden = false;
  /** The last observation of each node. */
  readonly #seen: Map<string, string>;

  /**
   * @param beside another world, which shares its API server, Gandi account and clock with this one
   * @param wrap wraps the context before the writer gets it
   */
  constructor(beside?: World, wrap: (context: WriterContext) => WriterContext = (context) => context) {
    this.api = beside?.api ?? new FakeApi();
    this.gandi = beside?.gandi ?? new FakeLiveDns();
    this.clock = beside?.clock ?? virtualClock();
    this.#seen = beside === undefined ? new Map<string, string>() : beside.#seen;
    this.wan = new MemoryStore(this.api, wanAddresses);
    this.observations = new MemoryStore(this.api, wanObservations);
    this.records = new MemoryStore(this.api, dnsRecords, (name, record) => {
      this.writer.recordChanged(name, record);
    });
    const count = (name: string) => (): void => {
      this.counted.push(name);
    };
    const context: WriterContext = {
      client: directClient(this.api),
      namespace: "home",
      wan: this.wan,
      observations: this.observations,
      records: this.records,
      authority: this.authority,
      livedns: {
        ...this.gandi.api,
        getRrset: async (...args) => {
          const answer = await this.gandi.api.getRrset(...args);
          await this.paused;
          return answer;
        },
        dropConnections: () => this.dropped++,
      },
      gandiToken: () =>
        this.token === undefined ? Promise.reject(new Error("no token")) : Promise.resolve(this.token),
      gandiTimeoutMs: 7_000,
      events: {
        record: ({ kind, metadata }, event) => this.events.push({ about: `${kind} ${metadata.name}`, ...event }),
        idle: () => Promise.resolve(),
      },
      metrics: {
        dnsUpdate: count("update"),
        dnsFailure: (reason) => this.counted.push(`failure ${reason}`),
        reconciled: (action) => this.counted.push(`reconciled ${action}`),
        leader: (leading) => this.counted.push(`leader ${leading}`),
        verified: (record, status) => this.counted.push(`verified ${record} ${status}`),
      },
      health: { loop: () => () => undefined, ended: () => undefined },
      clock: this.clock,
      random: () => this.random(),
      log: silentLog(this.logged),
    };
    this.writer = new Writer(wrap(context));
    if (beside === undefined) this.#store(wanAddresses, this.wan, wanObject());
    else this.catchUp();
  }

  /** Makes the watches report everything at the API server. */
  catchUp(): void {
    const stores = [this.wan, this.observations, this.records] as readonly Store<KubeObject>[];
    for (const [index, resource] of KINDS.entries()) {
      for (const [path, object] of this.api.objects) {
        const parsed = resource.parse(structuredClone(object));
        if (!path.startsWith(`/${resource.plural}/`) || !parsed.ok) continue;
        stores[index]?.put(parsed.value);
      }
    }
    for (const name of [...this.records.objects.keys()]) {
      if (!this.api.objects.has(`/dnsrecords/${name}`)) this.#forget(name);
    }
    this.writer.decisionMayChange();
  }

  #forget(name: string): void {
    this.records.objects.delete(name);
    this.writer.recordChanged(name, undefined);
  }

  /** Makes this writer the leader. Returns a function that ends the term and waits for its end. */
  lead(): () => Promise<void> {
    const ended = new AbortController();
    const term: Term = { signal: ended.signal, remainingMs: () => this.remainingMs };
    const done = this.writer.lead(term);
    return async () => {
      ended.abort();
      await done;
    };
  }

  /** Repeats the last observation of every node. */
  observeAgain(): void {
    for (const [nodeName, text] of this.#seen) this.observe(nodeName, text);
  }

  observe(nodeName: string, text: string): void {
    this.#seen.set(nodeName, text);
    this.#store(wanObservations, this.observations, {
      apiVersion: "esddns.io/v1alpha1",
      kind: "WanObservation",
      metadata: { name: nodeName, namespace: "home" },
      nodeName,
      observedAt: new Date(this.clock.now()).toISOString(),
      validForSeconds: 660,
      votes: votes(text),
    });
    this.writer.decisionMayChange();
  }

  addRecord(name: string, spec: Record<string, unknown> = {}, uid = `uid-of-${name}`): void {
    this.#store(dnsRecords, this.records, recordObject(name, spec, uid));
  }

  /** Edits or deletes the object, as a person or Pulumi does. */
  changeRecord(name: string, change: { spec?: Record<string, unknown>; deleted?: boolean }): void {
    const present = this.api.objects.get(`/dnsrecords/${name}`) as unknown as DnsRecordObject;
    const metadata = {
      ...present.metadata,
      generation: (present.metadata.generation ?? 0) + 1,
      ...(change.deleted === true ? { deletionTimestamp: new Date(this.clock.now()).toISOString() } : {}),
    };
    this.#store(dnsRecords, this.records, { ...present, metadata, spec: { ...present.spec, ...change.spec } });
  }

  /** Deletes an object and creates another one with its name, while the writer's watch is behind. */
  replaceUnseen(name: string, spec: Record<string, unknown>, uid: string): void {
    this.api.remove(`/dnsrecords/${name}`);
    this.api.put(`/dnsrecords/${name}`, recordObject(name, spec, uid));
  }

  /** Removes the object and makes the watch report it. */
  removeRecord(name: string): void {
    this.api.remove(`/dnsrecords/${name}`);
    this.#forget(name);
  }

  /** Returns an object at the API server. */
  stored(path: string): Record<string, unknown> | undefined {
    return this.api.objects.get(path);
  }

  get wanStatus(): Record<string, unknown> {
    return (this.stored("/wanaddresses/wan")?.["status"] ?? {}) as Record<string, unknown>;
  }

  get puts(): string[] {
    return this.gandi.calls.filter((call) => call.startsWith("PUT"));
  }

  #store<T extends KubeObject>(resource: Resource<T>, store: MemoryStore<T>, object: T): void {
    const stored = this.api.put(`/${resource.plural}/${object.metadata.name}`, {
      ...(object as KubeObject & Record<string, unknown>),
    });
    const parsed = resource.parse(structuredClone(stored));
    if (!parsed.ok) throw new Error(parsed.problem);
    if (!this.hidden) store.put(parsed.value);
  }
}

function recordObject(
  name: string,
  spec: Record<string, unknown>,
  uid: string,
): DnsRecordObject & Record<string, unknown> {
  return {
    apiVersion: "esddns.io/v1alpha1",
    kind: "DnsRecord",
    metadata: { name, namespace: "home", uid, generation: 1, creationTimestamp: "2026-03-01T00:00:00Z" },
    spec: dnsRecordSpec.parse({ zone: "example.com", name, ...spec }),
  };
}

function wanObject(): WanAddressObject {
  return {
    apiVersion: "esddns.io/v1alpha1",
    kind: "WanAddress",
    metadata: { name: "wan", namespace: "home", generation: 1 },
    // 203.0.113.0/24 is reserved for documentation, so it is not globally reachable.
    spec: detectionSpec.parse({ families: ["IPv4"], allowNonGlobal: ["203.0.113.0/24"] }),
  };
}
