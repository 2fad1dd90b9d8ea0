/** Chooses what to wait for after an object was written, or what to look at when it is read. */
import type { Api } from "../api.ts";
import { isNotFound } from "../api.ts";
import type { JsonObject } from "../../shared/values.ts";
import { isObject, listAt, objectAt, stringAt } from "../../shared/values.ts";
import { annotation, annotationOf, groupOf, isAnnotated, kindOf, nameOf, namespaceOf } from "../objects.ts";
import { daemonSetProgress } from "./daemonset.ts";
import { deploymentProgress } from "./deployment.ts";
import { serviceProgress } from "./service.ts";
import { evaluate, parseWaitFor } from "./waitFor.ts";
import { NotReadyError, waitUntil } from "./waiting.ts";
import type { Progress, Waiting } from "./waiting.ts";

/** Kinds for which the real plugin has a wait of its own and this one has none. */
const unwatched: ReadonlySet<string> = new Set([
  "/PersistentVolume",
  "/PersistentVolumeClaim",
  "/Pod",
  "/ReplicationController",
  "/ResourceQuota",
  "apps/StatefulSet",
  "batch/Job",
  "networking.k8s.io/Ingress",
]);

/** Waits for what the object's annotations or its kind ask for. `object`: as the server answered the write. */
export async function awaitReady(object: JsonObject, api: Api, waiting: Waiting): Promise<void> {
  if (isAnnotated(object, annotation.skipAwait)) return;
  const waitFor = annotationOf(object, annotation.waitFor);
  if (waitFor !== undefined) {
    const expressions = parseWaitFor(waitFor);
    await waitUntil(async () => evaluate(expressions, await api.get(object)), "", waiting);
  } else if (builtIn(object, api) !== undefined) {
    // As kstatus' own wait does, that of a DaemonSet does not name it.
    const name = kindOf(object).kind === "DaemonSet" ? "" : nameOf(object);
    await waitUntil(
      async () => (await look(await api.get(object), api)) ?? { done: true, messages: [] },
      name,
      waiting,
    );
  } else if (unwatched.has(typeOf(object))) {
    waiting.report("warning", `this stand-in does not wait for a ${kindOf(object).kind}`);
  }
  waiting.report("info", "");
}

/** One look, for a refresh: rejects with a NotReadyError if the object's kind has a wait and it would not be over. */
export async function checkReady(object: JsonObject, api: Api, report: Waiting["report"]): Promise<void> {
  if (isAnnotated(object, annotation.skipAwait)) return;
  const progress = await look(object, api);
  if (progress === undefined) return;
  for (const [severity, text] of progress.messages) report(severity, text);
  if (!progress.done) {
    const text = `Resource '${nameOf(object)}' was created but failed to initialize`;
    throw new NotReadyError(text, progress.problems);
  }
  report("info", "");
}

async function look(object: JsonObject, api: Api): Promise<Progress | undefined> {
  return builtIn(object, api)?.();
}

function builtIn(object: JsonObject, api: Api): (() => Promise<Progress>) | undefined {
  switch (typeOf(object)) {
    case "apps/Deployment":
      return async () => {
        const replicaSets = await owned(api, { apiVersion: "apps/v1", kind: "ReplicaSet" }, object, [object]);
        const pods = await owned(api, { apiVersion: "v1", kind: "Pod" }, object, replicaSets);
        return deploymentProgress(object, replicaSets, pods);
      };
    case "apps/DaemonSet":
      return async () => {
        const pods = await owned(api, { apiVersion: "v1", kind: "Pod" }, object, [object]);
        return daemonSetProgress(object, pods);
      };
    case "/Service":
      return async () => serviceProgress(object, await endpointsOf(object, api));
    default:
      return undefined;
  }
}

function typeOf(object: JsonObject): string {
  const { apiVersion, kind } = kindOf(object);
  return `${groupOf(apiVersion)}/${kind}`;
}

/** Objects that the workload's selector finds and that one of the given objects owns. */
async function owned(
  api: Api,
  kind: { apiVersion: string; kind: string },
  workload: JsonObject,
  owners: readonly JsonObject[],
): Promise<JsonObject[]> {
  const labels = objectAt(workload, "spec", "selector", "matchLabels");
  const selector = Object.keys(labels)
    .map((key) => `${key}=${stringAt(labels, key) ?? ""}`)
    .join(",");
  const found = await api.list(kind, namespaceOf(workload) ?? "default", selector);
  const uids = new Set(owners.map((owner) => stringAt(owner, "metadata", "uid")));
  return found.filter((object) =>
    listAt(object, "metadata", "ownerReferences").some((owner) => isObject(owner) && uids.has(stringAt(owner, "uid"))),
  );
}

async function endpointsOf(service: JsonObject, api: Api): Promise<JsonObject | undefined> {
  const metadata = { name: nameOf(service), namespace: namespaceOf(service) ?? "default" };
  try {
    return await api.get({ apiVersion: "v1", kind: "Endpoints", metadata });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
