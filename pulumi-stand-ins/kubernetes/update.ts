/** Updates an object by server-side apply under the resource's own field manager, and waits until it is ready again. */
import { contains, parsePath } from "../shared/diff.ts";
import type { Path } from "../shared/diff.ts";
import { InitFailedError } from "../shared/provider.ts";
import type { UpdateRequest, UpdateResponse } from "../shared/provider.ts";
import type { Json, JsonObject } from "../shared/values.ts";
import { at, hasUnknown, isObject, objectAt, plainObject, stringAt } from "../shared/values.ts";
import { ApiError, NoMatchError } from "./api.ts";
import { awaitReady } from "./await/ready.ts";
import { NotReadyError, timeoutMsOf } from "./await/waiting.ts";
import { checkpoint, fromSdkKeys, provenanceOf } from "./checkpoint.ts";
import { clusterOf, waitingFor } from "./context.ts";
import type { Context } from "./context.ts";
import { hasCreateManager, takeOverPatch } from "./managedFields.ts";
import { conflictText } from "./messages.ts";
import { annotation, idOf, isAnnotated, isCrd, kindOf, withMetadata } from "./objects.ts";

export async function updateObject(request: UpdateRequest, context: Context): Promise<UpdateResponse> {
  const marked = objectAt(fromSdkKeys(request.news));
  const inputs = plainObject(marked);
  if (request.preview && (hasUnknown(marked) || "unreachable" in context.cluster)) return { properties: request.news };
  const { api } = clusterOf(context);
  if (request.preview && (await api.isNamespaced(kindOf(inputs))) === undefined) return { properties: request.news };
  const provenance = provenanceOf(inputs, request.olds);
  try {
    const updated = await write(inputs, provenance.fieldManager, request, context);
    if (request.preview) return { properties: checkpoint(marked, updated, provenance) };
    context.host.status("info", request.urn, "");
    await awaitReady(updated, api, waitingFor(context, request.urn, timeoutMsOf(inputs, request.timeout)));
    return { properties: checkpoint(marked, await api.get(updated).catch(() => updated), provenance) };
  } catch (error) {
    if (request.preview && error instanceof ApiError && error.reason === "Forbidden")
      return { properties: request.news };
    throw await updateError(error, inputs, async () => checkpoint(marked, await api.get(inputs), provenance));
  }
}

async function write(
  inputs: JsonObject,
  fieldManager: string,
  request: UpdateRequest,
  context: Context,
): Promise<JsonObject> {
  const { api } = clusterOf(context);
  const live = await api.get(inputs);
  const options = { fieldManager, dryRun: request.preview };
  if (isCrd(inputs)) {
    const resourceVersion = stringAt(live, "metadata", "resourceVersion") ?? "";
    return api.replace(withMetadata(inputs, { resourceVersion }), options);
  }
  const patch = request.preview ? [] : takeOverPatch(live, fieldManager);
  if (patch.length > 0) await api.jsonPatch(live, patch);
  const force =
    context.settings.enablePatchForce ||
    isAnnotated(inputs, annotation.patchForce) ||
    (request.preview && hasCreateManager(live));
  const wanted = request.ignoreChanges.map(parsePath).reduce((object, path) => copyAt(object, live, path), inputs);
  try {
    return await api.apply(wanted, { ...options, force });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
    throw new Error(conflictText(fieldManager, error.message), { cause: error });
  }
}

/** What the program ignores is left as it is in the cluster, not as it was when the state was written. */
function copyAt(object: JsonObject, live: JsonObject, path: Path): JsonObject {
  const value = at(live, ...path);
  return value === undefined ? object : objectAt(replaceAt(object, path, value, []));
}

function replaceAt(object: Json, path: Path, value: Json, here: Path): Json {
  if (contains(path, here)) return value;
  if (Array.isArray(object)) {
    return object.map((inner, i) =>
      contains([...here, i], path) ? replaceAt(inner, path, value, [...here, i]) : inner,
    );
  }
  const next = path[here.length];
  if (!isObject(object) || typeof next !== "string") return object;
  return { ...object, [next]: replaceAt(object[next] ?? {}, path, value, [...here, next]) };
}

/** Once the object is there to be read, a failed update is a partial one: its state is kept, and the next update retries. */
async function updateError(error: unknown, inputs: JsonObject, state: () => Promise<JsonObject>): Promise<Error> {
  const text = error instanceof Error ? error.message : String(error);
  const id = idOf(inputs);
  if (error instanceof NoMatchError) {
    return new Error(
      `update of resource "${id}" failed because the Kubernetes API server reported that the apiVersion for this ` +
        `resource does not exist. Verify that any required CRDs have been created: ${text}`,
      { cause: error },
    );
  }
  let properties: JsonObject;
  try {
    properties = await state();
  } catch {
    return new Error(
      `update of resource "${id}" failed because the Kubernetes API server reported that it failed to fully ` +
        `initialize or become live: ${text}`,
      { cause: error },
    );
  }
  const message = `the Kubernetes API server reported that "${id}" failed to fully initialize or become live: ${text}`;
  const reasons = error instanceof NotReadyError ? error.reasons : [];
  return new InitFailedError(message, { id, properties, reasons });
}
