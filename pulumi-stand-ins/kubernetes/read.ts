/** The live state of an object, for `pulumi refresh` and for resources that a program opens by id. */
import { InitFailedError } from "../shared/provider.ts";
import type { ReadRequest, ReadResponse } from "../shared/provider.ts";
import type { JsonObject } from "../shared/values.ts";
import { markSecretsLike, objectAt, plainObject } from "../shared/values.ts";
import { NoMatchError, isNotFound } from "./api.ts";
import { checkReady } from "./await/ready.ts";
import { NotReadyError } from "./await/waiting.ts";
import { checkpoint, fromSdkKeys, provenanceOf, prune } from "./checkpoint.ts";
import { clusterOf, reporter } from "./context.ts";
import type { Context } from "./context.ts";
import { unreachableReadAdvice } from "./messages.ts";
import { idOf, kindOf, kindOfType, parseId, withMetadata } from "./objects.ts";

export async function readObject(request: ReadRequest, context: Context): Promise<ReadResponse> {
  const { api } = clusterOf(context);
  const marked = inputsOf(request);
  const inputs = plainObject(marked);
  let live: JsonObject;
  try {
    live = await api.get(withMetadata(inputs, { name: parseId(request.id).name }));
  } catch (error) {
    if (isNotFound(error) || error instanceof NoMatchError) return {};
    throw error;
  }
  const liveInputs = objectAt(markSecretsLike(prune(live, inputs), marked));
  const properties = checkpoint(liveInputs, live, provenanceOf(inputs, request.properties));
  const answer = { id: idOf(live), inputs: liveInputs, properties };
  // Opened by id rather than refreshed: whatever it looks like, it is what was asked for.
  if (Object.keys(request.properties).length === 0) return answer;
  try {
    await checkReady(live, api, reporter(context, request.urn));
  } catch (error) {
    if (error instanceof NotReadyError) throw new InitFailedError(error.message, { ...answer, reasons: error.reasons });
    throw error;
  }
  return answer;
}

/** Throws the advice that the real plugin gives when there is nobody to ask. */
export function requireReachable(urn: string, context: Context): void {
  if (!("unreachable" in context.cluster)) return;
  const text = `configured Kubernetes cluster is unreachable: ${context.cluster.unreachable}`;
  context.host.log("warning", urn, text);
  throw new Error(unreachableReadAdvice);
}

/**
 * The inputs to read with. A resource that a program opens has none: then its type and id say what it is. Inputs that
 * name a kind are taken as they are, so one without a namespace is looked for in the default one, as by the real plugin.
 */
function inputsOf(request: ReadRequest): JsonObject {
  const inputs = objectAt(fromSdkKeys(request.inputs));
  if (kindOf(inputs).kind !== "") return inputs;
  const stored = kindOf(request.properties);
  const { namespace, name } = parseId(request.id);
  return {
    ...(stored.kind === "" ? kindOfType(request.type) : stored),
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  };
}
