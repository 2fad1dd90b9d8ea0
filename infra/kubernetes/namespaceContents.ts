/** Lists what users put into a namespace and would miss. */
import { anyObject, listOf, type Read } from "@esddns/common/cluster";
import type { Cluster } from "./cluster.ts";

export interface ContainedObject {
  readonly kind: string;
  readonly name: string;
}

/** The kinds, each by the path of its API group. */
const KINDS: readonly (readonly [api: string, plural: string, kind: string])[] = [
  ["/apis/apps/v1", "deployments", "Deployment"],
  ["/apis/apps/v1", "statefulsets", "StatefulSet"],
  ["/apis/apps/v1", "daemonsets", "DaemonSet"],
  ["/apis/batch/v1", "cronjobs", "CronJob"],
  ["/api/v1", "services", "Service"],
  ["/api/v1", "persistentvolumeclaims", "PersistentVolumeClaim"],
];

/** Returns all such objects, the stack's own included. The result is unread if one of the kinds may not be read. */
export async function namespaceContents(
  cluster: Pick<Cluster, "get">,
  namespace: string,
): Promise<Read<readonly ContainedObject[]>> {
  const value: ContainedObject[] = [];
  const read = await Promise.all(
    KINDS.map(async ([api, plural, kind]) => ({
      kind,
      found: await cluster.get(`${api}/namespaces/${namespace}/${plural}`, listOf(anyObject)),
    })),
  );
  for (const { kind, found } of read) {
    if (found.read) value.push(...found.value.items.map(({ metadata: { name } }) => ({ kind, name })));
    else if (found.reason !== "NotFound") return found;
  }
  return { read: true, value };
}
