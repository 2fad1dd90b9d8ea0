/**
 * Finds what a stack that turns from `own` to `adopt` may still have in its state: MetalLB's namespace, its release and
 * the definitions. The engine deletes what the program no longer names, because it follows the retainOnDelete stored by
 * the last up. So the program still names these objects, as reads of the same ids. The engine then drops them from its
 * management and deletes nothing.
 *
 * The search covers the whole cluster and not only the namespaces in the config: the same step may name another MetalLB
 * or give the stack another namespace. Reading an object that the stack dropped long ago does no harm.
 */
import { anyObject, listOf, type AnyObject, type Read } from "@esddns/common/cluster";
import { crds } from "@esddns/common/api";
import { z } from "zod";
import { STACK_ANNOTATION } from "../kubernetes/stackNamespace.ts";
import type { Cluster } from "../kubernetes/cluster.ts";
import { isStackManager } from "../kubernetes/fieldManager.ts";
import { OWNER_LABEL, ownedControllers, RELEASE_NAME } from "./owner.ts";

/** The shared objects that may be in this stack's state. */
export interface FormerlyOwned {
  /** MetalLB's namespace. */
  readonly namespace: string | undefined;
  /** The namespace of MetalLB's release. */
  readonly release: string | undefined;
  /** Names of custom resource definitions. */
  readonly definitions: readonly string[];
}

export const NEVER_OWNED: FormerlyOwned = { namespace: undefined, release: undefined, definitions: [] };

/** Reports that several namespaces carry this stack's mark, so that the one in the state is unknown. */
export class SeveralOwned extends Error {}

/** The stack that runs. */
interface Asking {
  readonly namespace: string;
  /** PROJECT/STACK. It identifies a namespace that the stack used before. */
  readonly stackId: string;
  readonly metallbNamespace: string;
}

/**
 * Finds the shared objects by the marks on them. Versions before the marks are recognised by their field manager,
 * unless MetalLB belongs to another stack.
 * @throws SeveralOwned if several namespaces have this stack's mark, and Error if the cluster could not be read.
 */
export async function formerlyOwned(
  cluster: Pick<Cluster, "get">,
  { namespace: own, stackId, metallbNamespace }: Asking,
): Promise<FormerlyOwned> {
  const [{ items: namespaces }, controllers, ...definitions] = await Promise.all([
    cluster.get("/api/v1/namespaces", listOf(anyObject)).then(known),
    ownedControllers(cluster).then(known),
    ...names.map((name) => cluster.get(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`, anyObject)),
  ]);
  const isSelf = (owner: string | undefined) =>
    owner === own ||
    namespaces.some(
      ({ metadata: { name, annotations } }) => name === owner && annotations[STACK_ANNOTATION] === stackId,
    );
  const isAnothers = controllers.some(
    ({ namespace, owner }) =>
      namespace === metallbNamespace && !isSelf(owner) && namespaces.some(({ metadata }) => metadata.name === owner),
  );
  const isOurs = ({ metadata: { labels, managedFields } }: AnyObject): boolean => {
    const owner = labels[OWNER_LABEL];
    if (owner !== undefined) return isSelf(owner);
    return !isAnothers && managedFields.some(({ manager }) => isStackManager(manager));
  };
  const installed = namespaces
    .filter(
      ({ metadata: { name, labels } }) =>
        isSelf(labels[OWNER_LABEL]) || controllers.some(({ namespace, owner }) => namespace === name && isSelf(owner)),
    )
    .map(({ metadata }) => metadata.name);
  if (installed.length > 1) throw new SeveralOwned(several(installed));
  const [place] = installed;
  const written = namespaces.find((namespace) => namespace.metadata.name === metallbNamespace && isOurs(namespace));
  return {
    namespace: place ?? written?.metadata.name,
    release: place !== undefined && (await hasRelease(cluster, place)) ? place : undefined,
    definitions: names.filter((_, i) => isThere(definitions[i], isOurs)),
  };
}

const names = crds.map(({ metadata }) => metadata.name);

function several(namespaces: readonly string[]): string {
  return (
    `esddns:shared: is adopt, and ${namespaces.join(" and ")} both carry this stack's name as the owner of MetalLB. An up ` +
    "cannot tell which of them is in its state, and might delete that one. Take the name off the other: " +
    `kubectl label namespace NAME ${OWNER_LABEL}-`
  );
}

/** Reports whether Helm's own record of the release exists. Its first part is enough. */
async function hasRelease(cluster: Pick<Cluster, "get">, namespace: string): Promise<boolean> {
  const selector = encodeURIComponent(`owner=helm,name=${RELEASE_NAME}`);
  const path = `/api/v1/namespaces/${namespace}/secrets?labelSelector=${selector}&limit=1`;
  return known(await cluster.get(path, listOf(z.unknown()))).items.length > 0;
}

function known<T>(found: Read<T>): T {
  if (!found.read) throw new Error(found.why);
  return found.value;
}

function isThere<T>(found: Read<T> | undefined, ours: (value: T) => boolean): boolean {
  if (found === undefined) return false;
  if (!found.read && found.reason !== "NotFound") throw new Error(found.why);
  return found.read && ours(found.value);
}
