/** Creates an object and waits until it is ready; in a preview, asks the server for a dry run. */
import { InitFailedError } from "../shared/provider.ts";
import type { CreateRequest, CreateResponse } from "../shared/provider.ts";
import type { JsonObject } from "../shared/values.ts";
import { hasUnknown, objectAt, plainObject } from "../shared/values.ts";
import type { Api } from "./api.ts";
import { ApiError, NoMatchError, isNotFound } from "./api.ts";
import { awaitReady } from "./await/ready.ts";
import { NotReadyError, timeoutMsOf } from "./await/waiting.ts";
import { checkpoint, fromSdkKeys, provenanceOf } from "./checkpoint.ts";
import { clusterOf, waitingFor } from "./context.ts";
import type { Context } from "./context.ts";
import { alreadyExistsAdvice } from "./messages.ts";
import { annotation, idOf, isAnnotated, kindOf } from "./objects.ts";

/** The manager that the API server notes for a plain create; each resource's own one takes over at its first update. */
const createManager = "pulumi-kubernetes";
const retries = 5;

export async function createObject(request: CreateRequest, context: Context): Promise<CreateResponse> {
  const marked = objectAt(fromSdkKeys(request.properties));
  const inputs = plainObject(marked);
  if (request.preview && !(await canDryRun(marked, context))) return { properties: request.properties };
  const { api } = clusterOf(context);
  const provenance = provenanceOf(inputs);
  const write = writer(inputs, provenance.fieldManager, request.preview, api, context);
  if (request.preview) {
    const live = await dryRun(write, request.urn);
    if (live === undefined) return { properties: request.properties };
    // An empty status would be taken for the real one; left out, it counts as not known yet.
    delete live["status"];
    return { properties: checkpoint(marked, live, provenance) };
  }
  const created = await writeWithRetries(write, request.urn, context).catch((error: unknown) => {
    throw creationError(error, request.urn, inputs);
  });
  const state = async () => checkpoint(marked, await api.get(created).catch(() => created), provenance);
  try {
    await awaitReady(created, api, waitingFor(context, request.urn, timeoutMsOf(inputs, request.timeout)));
  } catch (error) {
    throw await notReady(error, request.urn, idOf(created), state);
  }
  return { id: idOf(created), properties: await state() };
}

/** Without a server, the kind on it, and all values there is nothing to try: the preview then shows the inputs. */
async function canDryRun(inputs: JsonObject, context: Context): Promise<boolean> {
  if (hasUnknown(inputs) || "unreachable" in context.cluster) return false;
  return (await context.cluster.api.isNamespaced(kindOf(inputs))) !== undefined;
}

function writer(inputs: JsonObject, fieldManager: string, dryRunOnly: boolean, api: Api, context: Context) {
  if (!context.settings.upsertExistingObjects) {
    return async () => api.create(inputs, { fieldManager: createManager, dryRun: dryRunOnly });
  }
  const force = context.settings.enablePatchForce || isAnnotated(inputs, annotation.patchForce);
  return async () => api.apply(inputs, { fieldManager, dryRun: dryRunOnly, force });
}

/** Undefined where the dry run says nothing about the update to come. */
async function dryRun(write: () => Promise<JsonObject>, urn: string): Promise<JsonObject | undefined> {
  try {
    return await write();
  } catch (error) {
    const expected = error instanceof ApiError && ["AlreadyExists", "Forbidden", "NotFound"].includes(error.reason);
    if (expected) return undefined;
    throw creationError(error, urn, {});
  }
}

/** Definitions and namespaces made a moment ago may not be served yet. */
async function writeWithRetries(write: () => Promise<JsonObject>, urn: string, context: Context): Promise<JsonObject> {
  for (let attempt = 0; ; attempt++) {
    try {
      const created = await write();
      context.host.status("info", urn, "");
      return created;
    } catch (error) {
      context.host.status("info", urn, `Retry #${attempt}; creation failed: ${textOf(error)}`);
      if (attempt === retries || !(isNotFound(error) || error instanceof NoMatchError)) throw error;
      await context.clock.sleep(1000 * 2 ** attempt, context.signal);
    }
  }
}

function creationError(error: unknown, urn: string, inputs: JsonObject): Error {
  if (error instanceof NoMatchError) {
    return new Error(
      `creation of resource "${urn}" failed because the Kubernetes API server reported that the apiVersion for this ` +
        `resource does not exist. Verify that any required CRDs have been created: ${error.message}`,
      { cause: error },
    );
  }
  const exists = error instanceof ApiError && error.reason === "AlreadyExists";
  const advice = exists ? `\n\n${alreadyExistsAdvice(kindOf(inputs).kind)}` : "";
  const text = `resource "${urn}" was not successfully created by the Kubernetes API server: ${textOf(error)}${advice}`;
  return new Error(text, { cause: error });
}

async function notReady(error: unknown, urn: string, id: string, state: () => Promise<JsonObject>): Promise<Error> {
  const message =
    `resource "${urn}" was successfully created, but the Kubernetes API server reported that it failed to fully ` +
    `initialize or become live: ${textOf(error)}`;
  const reasons = error instanceof NotReadyError ? error.reasons : [];
  return new InitFailedError(message, { id, properties: await state(), reasons });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
