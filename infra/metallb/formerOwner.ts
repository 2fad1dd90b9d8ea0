/**
 * A stack that turns from `own` to `adopt` may have MetalLB's namespace, its release and the definitions in its state. What
 * the program no longer names is deleted, by the retainOnDelete that the last up has stored. So the program goes on
 * naming these objects, as reads of the same ids: the engine then drops them from its management and deletes nothing.
 *
 * They are looked for where they are and not where the config says: it may name another MetalLB, or give the stack another
 * namespace, in the same step. To read what was let go of long ago does no harm.
 */
import { anyObject, listOf, type AnyObject, type Read } from "@esddns/common/cluster";
import { crds } from "@esddns/common/api";
import { z } from "zod";
import { STACK_ANNOTATION } from "../kubernetes/stackNamespace.ts";
import type { Cluster } from "../kubernetes/cluster.ts";
import { FIELD_MANAGER } from "../kubernetes/fieldManager.ts";
import { OWNER_LABEL, ownedControllers, RELEASE_NAME } from "./owner.ts";

/** What may be in this stack's state of the shared part. */
export interface FormerlyOwned {
  /** MetalLB's namespace. */
  readonly namespace: string | undefined;
  /** The namespace of MetalLB's release. */
  readonly release: string | undefined;
  /** Names. */
  readonly definitions: readonly string[];
}

export const NEVER_OWNED: FormerlyOwned = { namespace: undefined, release: undefined, definitions: [] };

/** Nobody can tell which is in the state. */
export class SeveralOwned extends Error {}

/** The stack that asks. */
interface Asking {
  readonly namespace: string;
  /** PROJECT/STACK, by which a namespace is known that it has had before. */
  readonly stackId: string;
  readonly metallbNamespace: string;
}

/**
 * By the marks on them, and for a version that left none by the field manager, unless MetalLB is another stack's.
 * @throws SeveralOwned if several namespaces have this stack's mark, and Error if the cluster could not be looked at.
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
    return !isAnothers && managedFields.some(({ manager }) => isStack(manager));
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

/** By Helm's own record, of which the first part is enough. */
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

/** The second is what the provider calls itself where nobody names it: stacks of earlier versions. */
function isStack(manager: string): boolean {
  return manager === FIELD_MANAGER || manager.startsWith("pulumi-kubernetes");
}
