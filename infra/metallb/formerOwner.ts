/**
 * A stack that turns from `own` to `adopt` may have MetalLB's namespace, its release and the definitions in its state. What
 * the program no longer names is deleted, by the retainOnDelete that the last up has stored. So the program goes on
 * naming these objects, as reads of the same ids: the engine then drops them from its management and deletes nothing.
 */
import { crds } from "@esddns/common/api";
import type { Cluster } from "../kubernetes/cluster.ts";
import { FIELD_MANAGER } from "../kubernetes/fieldManager.ts";
import { installedMetalLB, marked, OWNER_LABEL } from "./owner.ts";

/** What may be in this stack's state of the shared part. */
export interface FormerlyOwned {
  readonly namespace: boolean;
  readonly release: boolean;
  /** Names. */
  readonly definitions: readonly string[];
}

export const NEVER_OWNED: FormerlyOwned = { namespace: false, release: false, definitions: [] };

/**
 * By the marks on them, and for a version that left none by the field manager, unless MetalLB is another stack's.
 * @throws Error if the cluster could not be looked at.
 */
export async function formerlyOwned(
  cluster: Pick<Cluster, "get">,
  { namespace: own, metallbNamespace }: { readonly namespace: string; readonly metallbNamespace: string },
): Promise<FormerlyOwned> {
  const { owner } = await installedMetalLB(cluster, metallbNamespace, own);
  const isOurs = async (path: string): Promise<boolean> => {
    const found = await cluster.get(path, marked);
    if (!found.found && !found.absent) throw new Error(found.why);
    if (!found.found) return false;
    const { labels, managedFields } = found.value.metadata;
    const label = labels[OWNER_LABEL];
    if (label !== undefined) return label === own;
    const isAnothers = owner !== undefined && owner !== own;
    return !isAnothers && managedFields.some(({ manager }) => isStack(manager));
  };
  const names = crds.map(({ metadata }) => metadata.name);
  const [namespace, ...definitions] = await Promise.all([
    isOurs(`/api/v1/namespaces/${metallbNamespace}`),
    ...names.map((name) => isOurs(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`)),
  ]);
  return { namespace, release: owner === own, definitions: names.filter((_, i) => definitions[i]) };
}

/** The second is what the provider calls itself where nobody names it: stacks of earlier versions. */
function isStack(manager: string): boolean {
  return manager === FIELD_MANAGER || manager.startsWith("pulumi-kubernetes");
}
