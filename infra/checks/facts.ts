/** What is read of the cluster before anything is composed: once, bounded in time, and nothing else. */
import { crds } from "@esddns/common/api";
import { SERVICELB_PATH } from "@esddns/common/cluster";
import { z } from "zod";
import { readStackNamespace, STACK_ANNOTATION, type NamespaceFact } from "../esddns/stackNamespace.ts";
import type { Cluster, Found } from "../kubernetes/cluster.ts";
import { FIELD_MANAGER } from "../kubernetes/fieldManager.ts";
import { readSharedObjects, type SharedObject } from "../metallb/objects.ts";
import { OWNER_LABEL } from "../metallb/owner.ts";
import { versionOf } from "../metallb/version.ts";
import { ownedMetalLBs, type OwnedMetalLB } from "./ownMetalLB.ts";
import { sharingServices, type SharingService } from "./sharedAddresses.ts";

export interface NodeFact {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Its own addresses. */
  readonly addresses: readonly string[];
  /** The networks of its pods. */
  readonly podCidrs: readonly string[];
  /** Taints that keep pods away for good, by their keys; those that come and go with the node's health are not among them. */
  readonly taints: readonly string[];
  /** As Go names it: amd64, arm64; undefined: it does not say. */
  readonly architecture?: string | undefined;
  /** Why the node is not Ready, in its own words. Undefined when it is Ready. */
  readonly notReady?: string | undefined;
  /** Whether its kubelet is that of k3s. */
  readonly k3s?: boolean;
}

/** A pool that is there; `owner`: the namespace of the stack whose it is, where it says so. */
interface PoolFact {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly owner: string | undefined;
}

/** The MetalLB that runs there. */
export interface RunningMetalLB {
  /** MAJOR.MINOR.PATCH; undefined where its image does not tell. */
  readonly version: string | undefined;
  /** Its own BGP, and not FRR. */
  readonly native: boolean;
  readonly ignoresExcludeLabel: boolean;
  /** The only class of Services that it takes, if it takes but one. */
  readonly loadBalancerClass?: string | undefined;
}

/** Paths of the fields of `spec`, and of `status` below `status`, that a definition knows, by `PLURAL.GROUP VERSION`. */
export type Definitions = ReadonlyMap<string, ReadonlySet<string>>;

export interface ClusterFacts {
  /** undefined: may not be read. */
  readonly nodes: readonly NodeFact[] | undefined;
  readonly serviceCidrs: readonly string[];
  /** Those that the API servers themselves listen on; none: may not be read. */
  readonly apiServerPorts?: readonly number[];
  readonly pools: readonly PoolFact[];
  /** Names that MetalLB's Community objects give to communities; undefined: they may not be read. */
  readonly communities?: ReadonlySet<string> | undefined;
  /** Type of each Secret of `passwordSecrets` that is there; undefined: they may not be read. */
  readonly passwordSecrets?: ReadonlyMap<string, string> | undefined;
  /** What else stacks have written into MetalLB's namespace. */
  readonly objects?: readonly SharedObject[];
  /** undefined: there is none, or it may not be read. */
  readonly metallb: RunningMetalLB | undefined;
  /** Whether its namespace was written by a stack, of an earlier version too; undefined: it may not be read. */
  readonly metallbIsAStacks?: boolean | undefined;
  /** Those that stacks have installed, in whatever namespace; undefined: they may not be read. */
  readonly owned?: readonly OwnedMetalLB[] | undefined;
  /** Services that may share addresses; undefined: not asked for, or they may not be read. */
  readonly sharing?: readonly SharingService[] | undefined;
  /** DaemonSets of k3s' own load balancer, NAMESPACE/NAME. */
  readonly serviceLb?: readonly string[];
  /** The stack's own; undefined: it is not there, or may not be read. */
  readonly namespace?: NamespaceFact | undefined;
  /** Another namespace with the name of this very stack on it. */
  readonly elsewhere?: string | undefined;
  /** Of what is adopted; undefined: nothing is, or they may not be read. */
  readonly definitions: Definitions | undefined;
  /** Of the Prometheus operator; undefined: not asked for, or they may not be read. */
  readonly monitoringKinds?: ReadonlySet<string> | undefined;
  /** What could not be read, in words. */
  readonly unread: readonly string[];
}

export type ReadFacts = { readonly reached: true; readonly facts: ClusterFacts } | { reached: false; why: string };

const METALLB_DEFINITIONS = ["ipaddresspools", "l2advertisements", "bgppeers", "bgpadvertisements", "bfdprofiles"];

/** What is to be looked at. */
export interface Wanted {
  /** The stack's own. */
  readonly namespace: string;
  /** PROJECT/STACK. */
  readonly mark: string;
  readonly metallbNamespace: string;
  /** Secrets in MetalLB's namespace that the config names. */
  readonly passwordSecrets: readonly string[];
  readonly adopted: boolean;
  /** Whether a MetalLB is to be installed that reads the older annotations of Services. */
  readonly older: boolean;
  readonly monitored: boolean;
}

export async function readFacts(cluster: Pick<Cluster, "get">, wanted: Wanted): Promise<ReadFacts> {
  const { metallbNamespace: namespace, adopted, older, monitored } = wanted;
  // First alone: where nothing answers, one wait is enough.
  const nodes = await cluster.get("/api/v1/nodes", list(node));
  if (!nodes.found && !isRefusal(nodes)) return { reached: false, why: nodes.why };
  const [
    services,
    apiServer,
    pools,
    deployments,
    daemonSets,
    definitions,
    monitoring,
    owned,
    shared,
    own,
    named,
    all,
    sharing,
    balancers,
  ] = await Promise.all([
    cluster.get("/apis/networking.k8s.io/v1/servicecidrs", list(serviceCidr)),
    cluster.get("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes", endpointSlice),
    cluster.get(`/apis/metallb.io/v1beta1/namespaces/${namespace}/ipaddresspools`, list(pool)),
    cluster.get(`/apis/apps/v1/namespaces/${namespace}/deployments`, list(workload)),
    cluster.get(`/apis/apps/v1/namespaces/${namespace}/daemonsets`, list(workload)),
    adopted ? readDefinitions(cluster) : undefined,
    monitored ? cluster.get("/apis/monitoring.coreos.com/v1", kinds) : undefined,
    ownedMetalLBs(cluster),
    readSharedObjects(cluster, namespace),
    readStackNamespace(cluster, wanted.namespace),
    cluster.get(`/apis/metallb.io/v1beta1/namespaces/${namespace}/communities`, list(community)),
    cluster.get("/api/v1/namespaces", list(marked)),
    older ? sharingServices(cluster) : undefined,
    cluster.get(SERVICELB_PATH, list(placed)),
  ]);
  const reads = {
    nodes,
    "address pools": pools,
    "MetalLB's controller": deployments,
    "MetalLB's speaker": daemonSets,
    namespaces: all,
    [`what is in ${wanted.namespace}`]: own,
  };
  const unread = [
    ...Object.entries(reads).flatMap(([what, read]) => (read.found || read.absent ? [] : [what])),
    ...(owned === undefined ? ["deployments of all namespaces"] : []),
    ...shared.unread.map((kind) => `${kind}s in ${namespace}`),
  ];
  return {
    reached: true,
    facts: {
      nodes: nodes.found ? nodes.value.items.map(nodeFact) : undefined,
      serviceCidrs: items(services).flatMap(({ spec }) => spec.cidrs),
      apiServerPorts: apiServer.found ? apiServer.value.ports.flatMap(({ port }) => port ?? []) : [],
      pools: items(pools).map(({ metadata, spec }) => ({
        name: metadata.name,
        addresses: spec.addresses,
        owner: metadata.labels[OWNER_LABEL],
      })),
      communities: named.found || named.absent ? new Set(items(named).flatMap(namesOf)) : undefined,
      passwordSecrets: await readTypes(cluster, namespace, wanted.passwordSecrets),
      objects: shared.objects,
      metallb: running(items(deployments), items(daemonSets)),
      metallbIsAStacks: all.found ? isWritten(all.value.items, namespace) : undefined,
      owned,
      sharing,
      serviceLb: items(balancers).map(({ metadata: { namespace, name } }) => `${namespace}/${name}`),
      namespace: own.found ? own.value : undefined,
      elsewhere: items(all).find(
        ({ metadata: { name, annotations } }) =>
          name !== wanted.namespace && annotations[STACK_ANNOTATION] === wanted.mark,
      )?.metadata.name,
      monitoringKinds: monitoring && kindsOf(monitoring),
      definitions: definitions && "fields" in definitions ? definitions.fields : undefined,
      unread: definitions && "why" in definitions ? [...unread, "the custom resource definitions"] : unread,
    },
  };
}

/** None where the whole group is missing. */
function kindsOf(read: Found<z.output<typeof kinds>>): ReadonlySet<string> | undefined {
  if (!read.found && !read.absent) return undefined;
  return new Set(read.found ? read.value.resources.map(({ kind }) => kind) : []);
}

/** The API server answered, and said no. */
function isRefusal(read: Extract<Found<unknown>, { found: false }>): boolean {
  return /Forbidden|forbidden/.test(read.why);
}

function items<T>(read: Found<{ items: T[] }>): T[] {
  return read.found ? read.value.items : [];
}

function nodeFact({ metadata, spec, status }: z.output<typeof node>): NodeFact {
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
    notReady: whyNotReady(status.conditions.find(({ type }) => type === "Ready")),
    ...(status.nodeInfo.kubeletVersion.includes("+k3s") ? { k3s: true } : {}),
  };
}

/** A node that reports no condition yet is taken for one that is Ready: it has just joined. */
function whyNotReady(ready: { status: string; reason: string; message: string } | undefined): string | undefined {
  if (ready === undefined || ready.status === "True") return undefined;
  return ready.message || ready.reason || `its condition Ready is ${ready.status}`;
}

/** Helm's chart and the plain manifests name and label the objects differently; the images are the same. */
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
    ignoresExcludeLabel: containers.some(({ args }) => args.some((arg) => /^--ignore-exclude-lb(=true)?$/.test(arg))),
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

async function readDefinitions(cluster: Pick<Cluster, "get">): Promise<{ fields: Definitions } | { why: string }> {
  const names = [
    ...METALLB_DEFINITIONS.map((plural) => `${plural}.metallb.io`),
    ...crds.map((crd) => crd.metadata.name),
  ];
  const fields = new Map<string, ReadonlySet<string>>();
  const read = await Promise.all(
    names.map((name) => cluster.get(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`, definition)),
  );
  for (const each of read) {
    if (each.found) addFields(fields, each.value);
    else if (!each.absent) return { why: each.why };
  }
  return { fields };
}

/** The fields of one definition, as `Definitions` has them. */
export function fieldsOf(crd: unknown): Definitions {
  const fields = new Map<string, ReadonlySet<string>>();
  addFields(fields, definition.parse(crd));
  return fields;
}

function addFields(into: Map<string, ReadonlySet<string>>, { metadata, spec }: z.output<typeof definition>): void {
  for (const { name, served, schema } of spec.versions) {
    if (!served) continue;
    const found = new Set<string>();
    walk(schema.openAPIV3Schema.properties?.["spec"], "", found);
    walk(schema.openAPIV3Schema.properties?.["status"], "status", found);
    into.set(`${metadata.name} ${name}`, found);
  }
}

function walk(schema: Schema | undefined, prefix: string, found: Set<string>): void {
  for (const [key, member] of Object.entries(schema?.properties ?? {})) {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    found.add(path);
    walk(member, path, found);
    walk(member.items, path, found);
  }
}

/** Of Secrets, without a look at what they hold. */
async function readTypes(
  cluster: Pick<Cluster, "get">,
  namespace: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string> | undefined> {
  const types = new Map<string, string>();
  for (const name of new Set(names)) {
    const found = await cluster.get(`/api/v1/namespaces/${namespace}/secrets/${name}`, secret);
    if (!found.found && !found.absent) return undefined;
    if (found.found) types.set(name, found.value.type);
  }
  return types;
}

function namesOf({ spec }: z.output<typeof community>): string[] {
  return spec.communities.map(({ name }) => name);
}

function isWritten(namespaces: readonly z.output<typeof marked>[], namespace: string): boolean {
  const found = namespaces.find(({ metadata: { name } }) => name === namespace);
  return found?.metadata.managedFields.some(({ manager }) => manager === FIELD_MANAGER) ?? false;
}

const metadata = z.object({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) });
const placed = z.object({ metadata: z.object({ name: z.string(), namespace: z.string().default("") }) });
const kinds = z.object({ resources: z.array(z.object({ kind: z.string() })) });
const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });
const node = z.object({
  metadata,
  spec: z
    .object({
      podCIDRs: z.array(z.string()).default([]),
      taints: z.array(z.object({ key: z.string(), effect: z.string() })).default([]),
    })
    .prefault({}),
  status: z
    .object({
      addresses: z.array(z.object({ type: z.string(), address: z.string() })).default([]),
      nodeInfo: z.object({ architecture: z.string().optional(), kubeletVersion: z.string().default("") }).prefault({}),
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().default(""),
            message: z.string().default(""),
          }),
        )
        .default([]),
    })
    .prefault({}),
});
const secret = z.object({ type: z.string().default("") });
const community = z.object({
  spec: z.object({ communities: z.array(z.object({ name: z.string().default("") })).default([]) }).prefault({}),
});
const marked = z.object({
  metadata: z.object({
    name: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
    managedFields: z.array(z.object({ manager: z.string().default("") })).default([]),
  }),
});
const serviceCidr = z.object({ spec: z.object({ cidrs: z.array(z.string()).default([]) }) });
const endpointSlice = z.object({
  ports: z
    .array(z.object({ port: z.int().nullish() }))
    .nullish()
    .transform((ports) => ports ?? []),
});
const pool = z.object({ metadata, spec: z.object({ addresses: z.array(z.string()).default([]) }).prefault({}) });
const container = z.object({
  image: z.string().default(""),
  args: z.array(z.string()).default([]),
  env: z.array(z.object({ name: z.string(), value: z.string().optional() })).default([]),
});
const workload = z.object({
  metadata,
  spec: z.object({ template: z.object({ spec: z.object({ containers: z.array(container) }) }) }),
});
type Workload = z.output<typeof workload>;

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly items?: Schema | undefined;
}
const schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({ properties: z.record(z.string(), schema).optional(), items: schema.optional() }),
);
const definition = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    versions: z.array(
      z.object({ name: z.string(), served: z.boolean(), schema: z.object({ openAPIV3Schema: schema }) }),
    ),
  }),
});
