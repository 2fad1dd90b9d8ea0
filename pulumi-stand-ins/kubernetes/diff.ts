/** Whether an object has to change, and whether it can change in place. */
import { contains, detailedDiff, parsePath } from "../shared/diff.ts";
import type { Path } from "../shared/diff.ts";
import type { DiffRequest, DiffResponse } from "../shared/provider.ts";
import type { JsonObject } from "../shared/values.ts";
import { objectAt, plainObject } from "../shared/values.ts";
import { fromSdkKeys, liveOf, prune } from "./checkpoint.ts";
import { annotation, groupOf, idOf, isAnnotated, isSecretObject, kindOf } from "./objects.ts";

export interface DiffConfig {
  readonly enableConfigMapMutable: boolean;
  readonly enableSecretMutable: boolean;
}

/** Compares the new inputs with what was last seen of the object in the cluster, as far as the old inputs spoke of it. */
export function diffObject(request: DiffRequest, config: DiffConfig): DiffResponse {
  const news = plainObject(objectAt(fromSdkKeys(request.news)));
  const oldInputs = plainObject(objectAt(fromSdkKeys(request.oldInputs)));
  const olds = objectAt(prune(liveOf(request.olds), oldInputs));
  const forced = replacePaths(news, config);
  const ignored = request.ignoreChanges.map(parsePath);
  const detailed = detailedDiff(olds, news, {
    replaces: (path) => forced.some((container) => contains(container, path)),
    ignored: (path) => ignored.some((container) => contains(container, path)),
  });
  if (Object.keys(detailed).length === 0) return { changes: "DIFF_NONE", hasDetailedDiff: true };
  const replaces = Object.entries(detailed).flatMap(([path, { kind }]) => (isReplace(kind) ? [path] : []));
  return {
    changes: "DIFF_SOME",
    detailedDiff: detailed,
    hasDetailedDiff: true,
    ...(replaces.length > 0 ? { replaces } : {}),
    // Two objects of one name cannot live side by side.
    ...(replaces.length > 0 && !isAnnotated(news, annotation.autonamed) && idOf(news) === idOf(olds)
      ? { deleteBeforeReplace: true }
      : {}),
  };
}

function isReplace(kind: string | undefined): boolean {
  return kind?.endsWith("_REPLACE") ?? false;
}

/** Fields that the API server does not let change. */
function replacePaths(object: JsonObject, config: DiffConfig): readonly Path[] {
  const { apiVersion, kind } = kindOf(object);
  const fields = [".metadata.name", ".metadata.namespace", ...(immutable[`${groupOf(apiVersion)}/${kind}`] ?? [])];
  const sealed = object["immutable"] === true;
  if (apiVersion === "v1" && kind === "ConfigMap" && (sealed || !config.enableConfigMapMutable)) {
    fields.push(".binaryData", ".data");
  }
  if (isSecretObject(object) && (sealed || !config.enableSecretMutable)) fields.push(".stringData", ".data");
  return fields.map(parsePath);
}

const immutable: Readonly<Record<string, readonly string[]>> = {
  "/Secret": [".type"],
  "/Service": [".spec.clusterIP"],
  "/PersistentVolumeClaim": [".spec.accessModes", ".spec.selector", ".spec.storageClassName", ".spec.volumeName"],
  "apps/DaemonSet": [".spec.selector"],
  "apps/Deployment": [".spec.selector"],
  "apps/StatefulSet": [
    ".spec.podManagementPolicy",
    ".spec.revisionHistoryLimit",
    ".spec.selector",
    ".spec.serviceName",
    ".spec.volumeClaimTemplates",
  ],
  "batch/Job": [".spec.completions", ".spec.parallelism", ".spec.selector", ".spec.template"],
  "rbac.authorization.k8s.io/ClusterRoleBinding": [".roleRef"],
  "rbac.authorization.k8s.io/RoleBinding": [".roleRef"],
  "storage.k8s.io/StorageClass": [".parameters", ".provisioner"],
};
