/** Reads who uses what in the cluster, for a destroy. Reads only. */
import { addressPool, anyObject, listOf, loadBalancerIps, service, workload, type Read } from "@esddns/common/cluster";
import { contains, parseSingle, readableRanges } from "@esddns/common/ip";
import { readStackNamespace } from "../../kubernetes/stackNamespace.ts";
import { names } from "../../names.ts";
import type { Cluster } from "../../kubernetes/cluster.ts";
import { namespaceContents } from "../../kubernetes/namespaceContents.ts";
import type { Others, OwnRecord } from "./plan.ts";
import { dnsRecordsPath, METALLB_PATH, wanPath } from "../../kubernetes/resourcePaths.ts";
import { isInState, type StateResource } from "../state.ts";

export async function others(
  cluster: Pick<Cluster, "get">,
  namespace: string,
  state: readonly StateResource[],
  metallbNamespace: string,
): Promise<Others> {
  const [wans, found, all] = await Promise.all([
    cluster.get(wanPath(), listOf(anyObject)),
    cluster.get(`${METALLB_PATH}/namespaces/${metallbNamespace}/ipaddresspools`, listOf(addressPool)),
    cluster.get("/api/v1/services", listOf(service)),
  ]);
  const isOwn = ({ metadata }: { metadata: { namespace: string; name: string } }) =>
    isInState(state, "IPAddressPool", `${metadata.namespace}/${metadata.name}`);
  const foreign = items(all).filter(
    ({ metadata, spec }) => spec.type === "LoadBalancer" && metadata.namespace !== namespace,
  );
  const ranges = items(found)
    .filter(isOwn)
    .flatMap(({ spec }) => readableRanges(spec.addresses));
  const isHere = (ip: string) => {
    const address = parseSingle(ip);
    return address !== undefined && ranges.some((range) => contains(range, address));
  };
  return {
    stacks: items(wans).flatMap(({ metadata }) => (metadata.namespace === namespace ? [] : [metadata.namespace])),
    pools: items(found).flatMap((pool) => (isOwn(pool) ? [] : [pool.metadata.name])),
    services: foreign.map(nameOf),
    servicesUsingPools: foreign.filter((each) => loadBalancerIps(each).some(isHere)).map(nameOf),
  };
}

function nameOf({ metadata }: { metadata: { namespace: string; name: string } }): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/**
 * Lists objects in the stack's own namespace that are not the stack's, as KIND NAME. They would be deleted with the
 * namespace.
 */
export async function foreignObjects(
  cluster: Pick<Cluster, "get">,
  namespace: string,
  state: readonly StateResource[],
): Promise<readonly string[]> {
  const own = new Set(state.map(({ type, id }) => `${type.split(":").at(-1) ?? ""} ${id}`));
  const found = await namespaceContents(cluster, namespace);
  if (!found.read) throw new Error(`the cluster does not answer: ${found.why}`);
  return found.value.flatMap(({ kind, name }) => (own.has(`${kind} ${namespace}/${name}`) ? [] : [`${kind} ${name}`]));
}

/**
 * Returns the PROJECT/STACK recorded on the namespace if it names another stack. `stackId` is this stack's own.
 * @throws Error if the cluster does not answer.
 */
export async function takenBy(
  cluster: Pick<Cluster, "get">,
  namespace: string,
  stackId: string,
): Promise<string | undefined> {
  const found = await readStackNamespace(cluster, namespace);
  if (!found.read && found.reason !== "NotFound") throw new Error(`the cluster does not answer: ${found.why}`);
  return found.read && found.value.by === "stack" && found.value.stackId !== stackId ? found.value.stackId : undefined;
}

export async function ownRecords(cluster: Cluster, namespace: string): Promise<readonly OwnRecord[]> {
  return items(await cluster.get(dnsRecordsPath(namespace), listOf(anyObject))).map(({ metadata }) => ({
    name: metadata.name,
    finalizer: metadata.finalizers.length > 0,
  }));
}

export async function operatorIsReady(cluster: Cluster, namespace: string): Promise<boolean> {
  const path = `/apis/apps/v1/namespaces/${namespace}/daemonsets/${names.operator.daemonSet}`;
  const found = await cluster.get(path, workload);
  return found.read && found.value.status.numberReady > 0;
}

/**
 * Returns no items if the kind does not exist.
 * @throws Error if the cluster does not answer, because then the usage is unknown.
 */
function items<T>(read: Read<{ items: T[] }>): T[] {
  if (read.read) return read.value.items;
  if (read.reason === "NotFound") return [];
  throw new Error(`the cluster does not answer: ${read.why}`);
}
