import { type KubeObject, PAGE_SERVICE_NAME } from "@esddns/common/api";
import type { Clock } from "../runtime/clock.ts";
import type { KubeClient } from "../kube/client.ts";
import type { KubeFailure, KubeResult } from "../kube/failure.ts";
import { announcer, failedRead, type FamilyUse, familyUses, type Read, loadBalancerIps } from "@esddns/common/cluster";
import { clean } from "@esddns/common/text";
import { ipAddressPools, notedEvents, type Resource, serviceL2Statuses, services } from "../kube/resources.ts";
import { pause } from "../runtime/wait.ts";

export interface PoolUse {
  readonly name: string;
  readonly families: readonly FamilyUse[];
}

/** A warning event that the operator wrote about one of its objects, for the timeline. */
interface Incident {
  /** RFC 3339. */
  readonly time: string;
  /** Kind and name of the object. */
  readonly about: string;
  readonly reason: string;
  readonly note: string;
}

/** What the page shows besides the project's own kinds. */
export interface ClusterView {
  /** The addresses of the page's Service. Empty while MetalLB has assigned none. */
  readonly addresses: Read<readonly string[]>;
  readonly announcedBy: Read<readonly string[]>;
  readonly pools: Read<readonly PoolUse[]>;
  readonly incidents: Read<readonly Incident[]>;
}

/** Between two reads, milliseconds. */
const INTERVAL_MS = 15_000;
/** Only the newest warnings are kept, so that memory does not grow with the cluster. */
const MAX_INCIDENTS = 30;
const MAX_POOLS = 32;
const MAX_NOTE_LENGTH = 500;

const NOT_YET = failedRead("not read yet");
const NOTHING: ClusterView = { addresses: NOT_YET, announcedBy: NOT_YET, pools: NOT_YET, incidents: NOT_YET };

interface ClusterViewOptions {
  readonly client: Pick<KubeClient, "get" | "list">;
  readonly namespace: string;
  /** Undefined: not configured, so nothing is read from MetalLB. */
  readonly metallbNamespace: string | undefined;
  /** Names of the pools to show. */
  readonly pools: readonly string[];
  readonly clock: Clock;
  /** Called at each step. */
  readonly onAlive?: () => void;
}

/** Reads the state of MetalLB and recent warnings for the page every 15 s, and keeps only the last result. */
export class ClusterViewReader {
  readonly #options: ClusterViewOptions;
  #last = NOTHING;

  constructor(options: ClusterViewOptions) {
    this.#options = options;
  }

  current(): ClusterView {
    return this.#last;
  }

  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      this.#options.onAlive?.();
      try {
        this.#last = await this.#read(signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
      if (signal.aborted) return;
      await pause(this.#options.clock, INTERVAL_MS, signal);
    }
  }

  async #read(signal: AbortSignal): Promise<ClusterView> {
    const [addresses, announcedBy, pools, incidents] = await Promise.all([
      this.#addresses(signal),
      this.#announcedBy(signal),
      this.#pools(signal),
      this.#incidents(signal),
    ]);
    return { addresses, announcedBy, pools, incidents };
  }

  async #addresses(signal: AbortSignal): Promise<ClusterView["addresses"]> {
    const { client, namespace } = this.#options;
    const read = await client.get(services, { namespace, name: PAGE_SERVICE_NAME }, signal);
    return readOf(read, loadBalancerIps);
  }

  async #announcedBy(signal: AbortSignal): Promise<ClusterView["announcedBy"]> {
    const { client, namespace, metallbNamespace } = this.#options;
    if (metallbNamespace === undefined) return failedRead("MetalLB's namespace is not configured");
    const labelSelector = `metallb.io/service-name=${PAGE_SERVICE_NAME},metallb.io/service-namespace=${namespace}`;
    const read = await client.list(serviceL2Statuses, metallbNamespace, signal, { labelSelector });
    return readOf(read, ({ items }) => {
      const nodes = parsed(serviceL2Statuses, items).flatMap((one) =>
        one.status.serviceName === PAGE_SERVICE_NAME && one.status.serviceNamespace === namespace
          ? (announcer(one) ?? [])
          : [],
      );
      return [...new Set(nodes)].sort();
    });
  }

  async #pools(signal: AbortSignal): Promise<ClusterView["pools"]> {
    const { client, metallbNamespace, pools } = this.#options;
    if (metallbNamespace === undefined) return failedRead("MetalLB's namespace is not configured");
    const uses: PoolUse[] = [];
    for (const name of pools.slice(0, MAX_POOLS)) {
      const read = await client.get(ipAddressPools, { namespace: metallbNamespace, name }, signal);
      if (!read.ok) return unreadable(read.error, `pool ${name}`);
      const { status } = read.value;
      if (status === undefined) return failedRead("this MetalLB does not count; 0.15 and later do");
      uses.push({ name, families: familyUses(status) });
    }
    return { read: true, value: uses };
  }

  async #incidents(signal: AbortSignal): Promise<ClusterView["incidents"]> {
    const { client, namespace } = this.#options;
    const read = await client.list(notedEvents, namespace, signal, { fieldSelector: "type=Warning" });
    return readOf(read, ({ items }) =>
      parsed(notedEvents, items)
        .flatMap(({ type, eventTime, reason = "", note = "", regarding }): Incident[] => {
          const { kind = "", name = "" } = regarding ?? {};
          if (type !== "Warning" || typeof eventTime !== "string" || !["WanAddress", "DnsRecord"].includes(kind)) {
            return [];
          }
          return [
            {
              time: eventTime,
              about: clean(`${kind} ${name}`),
              reason: clean(reason),
              note: clean(note, MAX_NOTE_LENGTH),
            },
          ];
        })
        .sort((a, b) => Date.parse(b.time) - Date.parse(a.time))
        .slice(0, MAX_INCIDENTS),
    );
  }
}

function parsed<T extends KubeObject>(resource: Resource<T>, items: readonly unknown[]): T[] {
  return items.flatMap((item) => {
    const result = resource.parse(item);
    return result.ok ? [result.value] : [];
  });
}

function readOf<S, T>(result: KubeResult<S>, of: (value: S) => T): Read<T> {
  return result.ok ? { read: true, value: of(result.value) } : unreadable(result.error);
}

function unreadable({ kind }: KubeFailure, what = "it"): Read<never> {
  if (kind === "Forbidden") return failedRead(`the page has no right to read ${what}`, kind);
  if (kind === "NotFound") return failedRead(`the cluster does not have ${what}`, kind);
  return failedRead(`the API server did not tell (${kind})`);
}
