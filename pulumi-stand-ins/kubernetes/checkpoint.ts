/** What the plugin stores in Pulumi's state for an object: its live form, and beside it how it came to be. */
import { randomBytes } from "node:crypto";
import type { Json, JsonObject } from "../shared/values.ts";
import { at, isObject, isSecret, markSecretsLike, objectAt, plainObject, secret, stringAt } from "../shared/values.ts";
import { annotation, annotationOf, isSecretObject } from "./objects.ts";

const bookkeeping = ["__fieldManager", "__initialApiVersion", "__inputs"] as const;

export interface Provenance {
  readonly fieldManager: string;
  readonly initialApiVersion: string;
}

/** `inputs` with their secret marks, `live` as the server has it. */
export function checkpoint(inputs: JsonObject, live: JsonObject, provenance: Provenance): JsonObject {
  const outputs = markSecretsLike(live, inputs);
  return {
    ...(toSdkKeys(isObject(outputs) && isSecretObject(live) ? markSecretData(outputs) : outputs) as JsonObject),
    __fieldManager: provenance.fieldManager,
    __initialApiVersion: provenance.initialApiVersion,
    __inputs: toSdkKeys(inputs),
  };
}

/** The live object of a stored state, without marks and bookkeeping. */
export function liveOf(state: JsonObject): JsonObject {
  const object = plainObject(state);
  return fromSdkKeys(Object.fromEntries(Object.entries(object).filter(([key]) => !isBookkeeping(key)))) as JsonObject;
}

/** Field manager: what the object asks for, else what the state has, else a new one of its own. */
export function provenanceOf(inputs: JsonObject, state: JsonObject = {}): Provenance {
  return {
    fieldManager:
      annotationOf(inputs, annotation.fieldManager) ??
      stringAt(state, "__fieldManager") ??
      `pulumi-kubernetes-${randomBytes(4).toString("hex")}`,
    initialApiVersion: stringAt(state, "__initialApiVersion") ?? stringAt(inputs, "apiVersion") ?? "",
  };
}

/**
 * The part of a live object that the given inputs speak about: the same keys, and lists index by index. Elements that
 * a list has beyond the inputs stay, so that an addition by somebody else is seen.
 */
export function prune(live: Json, inputs: Json): Json {
  if (isObject(live) && isObject(inputs)) {
    const entries = Object.entries(inputs).flatMap(([key, input]) => {
      const value = live[key];
      return value === undefined ? [] : [[key, prune(value, input)] as const];
    });
    return Object.fromEntries(entries);
  }
  if (Array.isArray(live) && Array.isArray(inputs)) {
    return live.map((value, i) => (inputs[i] === undefined ? value : prune(value, inputs[i])));
  }
  return live;
}

/** Program-side names of schema extensions have underscores where Kubernetes has hyphens. */
export function fromSdkKeys(value: Json): Json {
  return renameKeys(value, (key) => (key.startsWith("x_kubernetes_") ? key.replaceAll("_", "-") : key));
}

function toSdkKeys(value: Json): Json {
  return renameKeys(value, (key) => (key.startsWith("x-kubernetes-") ? key.replaceAll("-", "_") : key));
}

function renameKeys(value: Json, rename: (key: string) => string): Json {
  if (Array.isArray(value)) return value.map((inner) => renameKeys(inner, rename));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [rename(key), renameKeys(inner, rename)]));
}

/** The data of a Secret is secret, wherever it was read from. */
function markSecretData(object: JsonObject): JsonObject {
  const data = at(object, "data");
  if (data === undefined || data === null || isSecret(data)) return object;
  return { ...object, data: secret(plainObject(objectAt(object, "data"))) };
}

function isBookkeeping(key: string): boolean {
  return (bookkeeping as readonly string[]).includes(key);
}
