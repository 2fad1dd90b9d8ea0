/** Reads the cluster before the program declares any resource: once, with a time limit, and nothing else. */
import {
  addressPool,
  anyObject,
  conditionOf,
  endpointSlice,
  ignoresExcludeLabel,
  listOf,
  loadBalancerIps,
  node,
  SERVICELB_PATH,
  service,
  workload,
  type AnyObject,
  type Node,
  type Read,
  type Workload,
} from "@esddns/common/cluster";
import { z } from "zod";
import { readStackNamespace, STACK_ANNOTATION } from "../kubernetes/stackNamespace.ts";
import type { Cluster } from "../kubernetes/cluster.ts";
import { FIELD_MANAGER } from "../kubernetes/fieldManager.ts";
import { readSharedObjects } from "../metallb/objects.ts";
import { OWNER_LABEL } from "../metallb/owner.ts";
import { versionOf } from "../metallb/version.ts";
import type { NodeFact, ReadFacts, RunningMetalLB, SharingService } from "./facts.ts";
import { readDefinitions } from "./readDefinitions.ts";
import { ownedMetalLBs } from "./readOwned.ts";

/** The facts to read. */
interface Wanted {
  /** The stack's own namespace. */
  readonly namespace: string;
  /** PROJECT/STACK. */
  readonly stackId: string;
  readonly metallbNamespace: string;
  /** Secrets in MetalLB's namespace that the config names. */
  readonly passwordSecrets: readonly string[];
  readonly adopted: boolean;
  /** Whether the stack installs a MetalLB that reads the older annotations of Services. */
  readonly older: boolean;
  readonly monitored: boolean;
}

export async function readFacts(cluster: Pick<Cluster, "get">, wanted: Wanted): Promise<ReadFacts> {
  const { metallbNamespace: namespace, adopted, older, monitored } = wanted;
  // Read these before the rest: if the cluster does not answer, one wait is enough.
  const nodes = await cluster.get("/api/v1/nodes", listOf(node));
  if (!nodes.read && nodes.reason !== "Forbidden") return { reached: false, why: nodes.why };
  const metallb = `/apis/metallb.io/v1beta1/namespaces/${namespace}`;
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const read = await byName({
    serviceCidrs: cluster.get("/apis/networking.k8s.io/v1/servicecidrs", listOf(serviceCidr)),
    apiServer: cluster.get("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes", endpointSlice),
    pools: cluster.get(`${metallb}/ipaddresspools`, listOf(addressPool)),
    communities: cluster.get(`${metallb}/communities`, listOf(community)),
    deployments: cluster.get(`${apps}/deployments`, listOf(workload)),
    daemonSets: cluster.get(`${apps}/daemonsets`, listOf(workload)),
    definitions: adopted ? readDefinitions(cluster) : undefined,
    monitoringKinds: monitored ? cluster.get("/apis/monitoring.coreos.com/v1", kinds) : undefined,
    owned: ownedMetalLBs(cluster),
    shared: readSharedObjects(cluster, namespace),
    stackNamespace: readStackNamespace(cluster, wanted.namespace),
    namespaces: cluster.get("/api/v1/namespaces", listOf(anyObject)),
    sharing: older ? sharingServices(cluster) : undefined,
    serviceLb: cluster.get(SERVICELB_PATH, listOf(anyObject)),
    passwordSecrets: readTypes(cluster, namespace, wanted.passwordSecrets),
  });
  const named = {
    nodes,
    "address pools": read.pools,
    "MetalLB's controller": read.deployments,
    "MetalLB's speaker": read.daemonSets,
    namespaces: read.namespaces,
    [`what is in ${wanted.namespace}`]: read.stackNamespace,
  };
  const { definitions, monitoringKinds, communities, apiServer, namespaces, stackNamespace } = read;
  const unread = [
    ...Object.entries(named).flatMap(([what, one]) => (one.read || one.reason === "NotFound" ? [] : [what])),
    ...(read.owned === undefined ? ["deployments of all namespaces"] : []),
    ...read.shared.unread.map((kind) => `${kind}s in ${namespace}`),
    ...(definitions && "why" in definitions ? ["the custom resource definitions"] : []),
  ];
  return {
    reached: true,
    facts: {
      nodes: nodes.read ? nodes.value.items.map(nodeFact) : undefined,
      serviceCidrs: items(read.serviceCidrs).flatMap(({ spec }) => spec.cidrs),
      apiServerPorts: apiServer.read ? apiServer.value.ports.flatMap(({ port }) => port ?? []) : [],
      pools: items(read.pools).map(({ metadata, spec }) => ({
        name: metadata.name,
        addresses: spec.addresses,
        owner: metadata.labels[OWNER_LABEL],
      })),
      communities:
        communities.read || communities.reason === "NotFound"
          ? new Set(items(communities).flatMap(namesOf))
          : undefined,
      passwordSecrets: read.passwordSecrets,
      objects: read.shared.objects,
      metallb: running(items(read.deployments), items(read.daemonSets)),
      metallbIsAStacks: namespaces.read ? isWritten(namespaces.value.items, namespace) : undefined,
      owned: read.owned,
      sharing: read.sharing,
      serviceLb: items(read.serviceLb).map(({ metadata: { namespace, name } }) => `${namespace}/${name}`),
      namespace: stackNamespace.read ? stackNamespace.value : undefined,
      elsewhere: items(namespaces).find(
        ({ metadata: { name, annotations } }) =>
          name !== wanted.namespace && annotations[STACK_ANNOTATION] === wanted.stackId,
      )?.metadata.name,
      monitoringKinds: monitoringKinds && kindsOf(monitoringKinds),
      definitions: definitions && "fields" in definitions ? definitions.fields : undefined,
      unread,
    },
  };
}

/** Waits for all values, and returns each under its name. */
async function byName<T extends Readonly<Record<string, unknown>>>(all: T): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const pairs = Object.entries(all).map(async ([name, one]) => [name, await one] as const);
  return Object.fromEntries(await Promise.all(pairs)) as { [K in keyof T]: Awaited<T[K]> };
}

/** Returns no kinds if the whole group is missing. */
function kindsOf(read: Read<z.output<typeof kinds>>): ReadonlySet<string> | undefined {
  if (!read.read && read.reason !== "NotFound") return undefined;
  return new Set(read.read ? read.value.resources.map(({ kind }) => kind) : []);
}

function items<T>(read: Read<{ items: T[] }>): T[] {
  return read.read ? read.value.items : [];
}

function nodeFact({ metadata, spec, status }: Node): NodeFact {
  const own = status.addresses.filter(({ type }) => type === "InternalIP" || type === "ExternalIP");
  return {
    name: metadata.name,
    labels: metadata.labels,
    addresses: own.map(({ address }) => address),
    podCidrs: spec.podCIDRs,
    taints: spec.taints
      .filter(({ key, effect }) => effect !== "PreferNoSchedule" && !key.startsWith("node.kubernetes.io/"))
      .map(({ key }) => key),
    architecture: status.nodeInfo.architecture,
    notReady: whyNotReady(conditionOf(status, "Ready")),
    ...(status.nodeInfo.kubeletVersion.includes("+k3s") ? { k3s: true } : {}),
  };
}

/** Returns why a node is not Ready. A node that reports no condition yet counts as Ready: it has just joined. */
function whyNotReady(ready: { status: string; reason: string; message: string } | undefined): string | undefined {
  if (ready === undefined || ready.status === "True") return undefined;
  return ready.message || ready.reason || `its condition Ready is ${ready.status}`;
}

/**
 * Returns the MetalLB that runs. Helm's chart and the plain manifests name and label the objects differently, but use
 * the same images.
 */
function running(deployments: readonly Workload[], daemonSets: readonly Workload[]): RunningMetalLB | undefined {
  const find = (all: readonly Workload[], component: string) =>
    all.find(({ metadata: { labels } }) =>
      [labels["component"], labels["app.kubernetes.io/component"]].includes(component),
    );
  const controller = find(deployments, "controller");
  if (controller === undefined) return undefined;
  const containers = [...containersOf(controller), ...containersOf(find(daemonSets, "speaker"))];
  const tags = [...containersOf(controller).map(({ image }) => image), controller.metadata.labels[VERSION_LABEL] ?? ""];
  const mode = containers.flatMap(({ env }) => env).find(({ name }) => name === "METALLB_BGP_TYPE")?.value;
  return {
    version: tags.map(versionOf).find((version) => version !== undefined),
    native: (mode ?? "native") === "native",
    ignoresExcludeLabel: containers.some(({ args }) => ignoresExcludeLabel(args)),
    loadBalancerClass: containersOf(controller)
      .flatMap(({ args }) => args)
      .map((arg) => /^--lb-class=(.+)$/.exec(arg)?.[1])
      .find((found) => found !== undefined),
  };
}

const VERSION_LABEL = "app.kubernetes.io/version";

function containersOf(of: Workload | undefined) {
  return of?.spec.template.spec.containers ?? [];
}

/** Reads the types of Secrets, without their content. */
async function readTypes(
  cluster: Pick<Cluster, "get">,
  namespace: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string> | undefined> {
  const types = new Map<string, string>();
  for (const name of new Set(names)) {
    const found = await cluster.get(`/api/v1/namespaces/${namespace}/secrets/${name}`, secret);
    if (!found.read && found.reason !== "NotFound") return undefined;
    if (found.read) types.set(name, found.value.type);
  }
  return types;
}

function namesOf({ spec }: z.output<typeof community>): string[] {
  return spec.communities.map(({ name }) => name);
}

function isWritten(namespaces: readonly AnyObject[], namespace: string): boolean {
  const found = namespaces.find(({ metadata: { name } }) => name === namespace);
  return found?.metadata.managedFields.some(({ manager }) => manager === FIELD_MANAGER) ?? false;
}

/** Returns undefined if they may not be read. */
async function sharingServices(cluster: Pick<Cluster, "get">): Promise<readonly SharingService[] | undefined> {
  const found = await cluster.get("/api/v1/services", listOf(service));
  if (!found.read) return undefined;
  return found.value.items.map(({ metadata: { namespace, name, annotations }, status }) => ({
    namespace,
    name,
    addresses: loadBalancerIps({ status }),
    keys: {
      "metallb.io": annotations["metallb.io/allow-shared-ip"],
      "metallb.universe.tf": annotations["metallb.universe.tf/allow-shared-ip"],
    },
  }));
}

const kinds = z.object({ resources: z.array(z.object({ kind: z.string() })) });
const secret = z.object({ type: z.string().default("") });
const community = z.object({
  spec: z.object({ communities: z.array(z.object({ name: z.string().default("") })).default([]) }).prefault({}),
});
const serviceCidr = z.object({ spec: z.object({ cidrs: z.array(z.string()).default([]) }) });
