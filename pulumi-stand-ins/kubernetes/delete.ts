/** Deletes an object and waits until the server no longer has it. */
import type { DeleteRequest } from "../shared/provider.ts";
import type { JsonObject } from "../shared/values.ts";
import { listAt, objectAt, plainObject, stringAt } from "../shared/values.ts";
import type { Api } from "./api.ts";
import { NoMatchError, isNotFound } from "./api.ts";
import { NotReadyError, timeoutMsOf, waitUntil } from "./await/waiting.ts";
import type { Progress } from "./await/waiting.ts";
import { fromSdkKeys, liveOf } from "./checkpoint.ts";
import { clusterOf, waitingFor } from "./context.ts";
import type { Context } from "./context.ts";
import { annotation, annotationOf, groupOf, isAnnotated, kindOf, nameOf } from "./objects.ts";

export async function deleteObject(request: DeleteRequest, context: Context): Promise<void> {
  const { api } = clusterOf(context);
  const inputs = plainObject(objectAt(fromSdkKeys(request.oldInputs)));
  const object = liveOf(request.properties);
  try {
    await api.delete(object, propagationPolicy(inputs));
  } catch (error) {
    // Somebody else deleted it, or the definition of its kind went first and took it along.
    if (isNotFound(error) || error instanceof NoMatchError) return;
    throw error;
  }
  if (isAnnotated(inputs, annotation.skipAwait) && isBuiltIn(object)) return;
  const waiting = waitingFor(context, request.urn, timeoutMsOf(inputs, request.timeout));
  try {
    await waitUntil(() => gone(object, api), nameOf(object), waiting);
  } catch (error) {
    if (!(error instanceof NotReadyError)) throw error;
    throw new Error([error.message, ...error.reasons].join("; "), { cause: error });
  }
  waiting.report("info", "");
}

function propagationPolicy(inputs: JsonObject): string {
  const policies: Readonly<Record<string, string>> = { orphan: "Orphan", background: "Background" };
  return policies[annotationOf(inputs, annotation.deletionPropagation)?.toLowerCase() ?? ""] ?? "Foreground";
}

async function gone(object: JsonObject, api: Api): Promise<Progress> {
  let live: JsonObject;
  try {
    live = await api.get(object);
  } catch (error) {
    if (isNotFound(error) || error instanceof NoMatchError) return { done: true, messages: [] };
    throw error;
  }
  const uid = (of: JsonObject) => stringAt(of, "metadata", "uid");
  // The same name, but made anew by somebody.
  if (uid(object) !== undefined && uid(live) !== uid(object)) return { done: true, messages: [] };
  const finalizers = listAt(live, "metadata", "finalizers").map(String);
  const problems =
    finalizers.length === 0 ? [] : [`finalizers might be preventing deletion (${finalizers.join(", ")})`];
  return { done: false, messages: [["info", "Resource scheduled for deletion"]], problems };
}

/** For custom resources the real plugin waits even if told not to. */
function isBuiltIn(object: JsonObject): boolean {
  const group = groupOf(kindOf(object).apiVersion);
  return !group.includes(".") || group.endsWith(".k8s.io");
}
