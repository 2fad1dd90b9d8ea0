/** Reads all facts for the checks, in parallel. */
import * as z from "zod";
import { type KubeObject, PAGE_SERVICE_NAME } from "@esddns/common/api";
import {
  anyObject,
  failedRead,
  type Get,
  loadBalancerIps,
  mapRead,
  node,
  pod,
  type Read,
  service,
  SERVICELB_PATH,
  workload,
} from "@esddns/common/cluster";
import { dnsRecords, type Resource, wanAddresses, wanObservations } from "../../kube/resources.ts";
import { event, type Facts } from "./facts.ts";
import { list, one } from "./get.ts";
import { askAuthorities, askPage, lanAddresses } from "./live.ts";
import { ofMetallb } from "./metallbReads.ts";
import { askNeighbours } from "./neighbours.ts";

/** The environment variables of a pod of the stack. */
export type PodEnvironment = ReadonlyMap<string, string>;

interface ReadContext {
  readonly place: Facts["place"];
  readonly get: Get;
  readonly namespace: string;
  /** From the page's pods. */
  readonly environment: PodEnvironment;
}

/** Returns the namespaces that have a WanAddress, which are those of the stacks. */
export async function namespaces(get: Get): Promise<Read<string[]>> {
  const read = await list(get, "/apis/esddns.io/v1alpha1/wanaddresses", anyObject);
  return read.read ? { read: true, value: read.value.map(({ metadata }) => metadata.namespace) } : read;
}

export async function readFacts(where: ReadContext, now: number): Promise<Facts> {
  const { place, get, namespace, environment } = where;
  const metallbNamespace = environment.get("ESDDNS_METALLB_NAMESPACE") ?? "metallb-system";
  const stackPools = environment.get("ESDDNS_POOLS")?.split(",");
  const [version, nodes, ownPods, metallb, svc, own, monitoring] = await Promise.all([
    one(get, "/version", z.object({ gitVersion: z.string() })),
    list(get, "/api/v1/nodes", node),
    list(get, `/api/v1/namespaces/${namespace}/pods`, pod),
    ofMetallb(get, metallbNamespace, stackPools ?? []),
    ofService(where),
    ownKinds(get, namespace),
    ofMonitoring(get, namespace),
  ]);
  const lan = lanAddresses({ nodes, pools: metallb.pools, service: svc.service, taken: svc.taken });
  const [neighbours, page, answers] = await Promise.all([
    place === "pod" ? failedRead("a pod is not on the LAN") : askNeighbours(lan),
    askPage(svc.service),
    place === "pod" ? failedRead("a pod of the page may not ask the internet") : askAuthorities(own.records),
  ]);
  return {
    ...{ place, namespace, metallbNamespace, stackPools, now, nodes, ownPods, neighbours, page, answers },
    ...{ ...metallb, ...svc, ...own, ...monitoring },
    version: version.read ? { read: true, value: version.value.gitVersion } : version,
    tokenExpires: { read: true, value: environment.get("ESDDNS_GANDI_TOKEN_EXPIRES") },
  };
}

async function ofService({ place, get, namespace }: ReadContext) {
  const path = `/api/v1/namespaces/${namespace}`;
  const query = `fieldSelector=involvedObject.kind%3DService%2CinvolvedObject.name%3D${PAGE_SERVICE_NAME}`;
  const [svc, events, all, balancers, pagePastMetallb] = await Promise.all([
    one(get, `${path}/services/${PAGE_SERVICE_NAME}`, service),
    list(get, `${path}/events?${query}`, event),
    list(get, "/api/v1/services", service),
    list(get, SERVICELB_PATH, anyObject),
    place === "pod" ? ownHealth() : get(`${path}/services/${PAGE_SERVICE_NAME}:80/proxy/healthz`),
  ]);
  const warnings = (items: z.output<typeof event>[]): string[] =>
    items
      .filter(({ type }) => type === "Warning")
      .sort((a, b) => ((a.lastTimestamp ?? "") < (b.lastTimestamp ?? "") ? -1 : 1))
      .map(({ message }) => message);
  return {
    service: svc,
    serviceWarnings: mapRead(events, warnings),
    taken: mapRead(all, (items) => items.flatMap(loadBalancerIps)),
    serviceLb: mapRead(balancers, (items) => items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)),
    pagePastMetallb,
  };
}

/** In a pod of the page: asks its own server. */
async function ownHealth(): Promise<Read<string>> {
  try {
    const answer = await fetch("http://127.0.0.1:8080/healthz", { signal: AbortSignal.timeout(5_000) });
    return answer.ok ? { read: true, value: await answer.text() } : failedRead(`this pod answers ${answer.status}`);
  } catch {
    return failedRead("this pod does not answer itself");
  }
}

/** Reads the objects of a Prometheus operator. Empty if the cluster does not have these kinds. */
async function ofMonitoring(get: Get, namespace: string): Promise<Pick<Facts, "monitors" | "rules">> {
  const names = async (plural: string): Promise<Read<string[]>> => {
    const read = await list(get, `/apis/monitoring.coreos.com/v1/namespaces/${namespace}/${plural}`, anyObject);
    if (!read.read && read.reason !== "Forbidden") return { read: true, value: [] };
    return mapRead(read, (items) => items.map(({ metadata }) => `${plural}/${metadata.name}`));
  };
  const [pods, services, rules] = await Promise.all([
    names("podmonitors"),
    names("servicemonitors"),
    names("prometheusrules"),
  ]);
  return {
    monitors: pods.read && services.read ? { read: true, value: [...pods.value, ...services.value] } : pods,
    rules,
  };
}

async function ownKinds(get: Get, namespace: string): Promise<Pick<Facts, "wan" | "observations" | "records">> {
  const group = `/apis/esddns.io/v1alpha1/namespaces/${namespace}`;
  const typed = async <T extends KubeObject>(resource: Resource<T>): Promise<Read<T[]>> =>
    mapRead(await list(get, `${group}/${resource.plural}`, z.unknown()), (items) =>
      items.flatMap((item) => {
        const parsed = resource.parse(item);
        return parsed.ok ? [parsed.value] : [];
      }),
    );
  const [wan, observations, records] = await Promise.all([
    typed(wanAddresses),
    typed(wanObservations),
    typed(dnsRecords),
  ]);
  if (!wan.read) return { wan, observations, records };
  const [first] = wan.value;
  return {
    wan: first === undefined ? failedRead(`no WanAddress in ${namespace}`) : { read: true, value: first },
    observations,
    records,
  };
}

/** Returns the environment variables of the page's pods, by name. */
export async function environmentOf(get: Get, namespace: string): Promise<PodEnvironment> {
  const read = await one(get, `/apis/apps/v1/namespaces/${namespace}/deployments/${PAGE_SERVICE_NAME}`, workload);
  const variables = read.read ? read.value.spec.template.spec.containers.flatMap(({ env }) => env) : [];
  return new Map(variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])));
}
