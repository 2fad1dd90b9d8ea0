/** What can be read off a Kubernetes object without asking a server. */
import type { Json, JsonObject } from "../shared/values.ts";
import { numberAt, objectAt, stringAt } from "../shared/values.ts";

export interface GroupVersionKind {
  readonly apiVersion: string;
  readonly kind: string;
}

export const annotation = {
  autonamed: "pulumi.com/autonamed",
  deletionPropagation: "pulumi.com/deletionPropagationPolicy",
  fieldManager: "pulumi.com/patchFieldManager",
  patchForce: "pulumi.com/patchForce",
  skipAwait: "pulumi.com/skipAwait",
  timeoutSeconds: "pulumi.com/timeoutSeconds",
  waitFor: "pulumi.com/waitFor",
} as const;

export function kindOf(object: JsonObject): GroupVersionKind {
  return { apiVersion: stringAt(object, "apiVersion") ?? "", kind: stringAt(object, "kind") ?? "" };
}

/** `kubernetes:apps/v1:Deployment` → apps/v1, Deployment; the module of the core group is `core/v1`. */
export function kindOfType(type: string): GroupVersionKind {
  const [, module = "", kind = ""] = type.split(":");
  return { apiVersion: module.replace(/^core\//, ""), kind };
}

export function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}

export function nameOf(object: JsonObject): string {
  return stringAt(object, "metadata", "name") ?? "";
}

export function namespaceOf(object: JsonObject): string | undefined {
  return stringAt(object, "metadata", "namespace");
}

/** Pulumi's id of an object: NAME, or NAMESPACE/NAME. */
export function idOf(object: JsonObject): string {
  const namespace = namespaceOf(object);
  return namespace === undefined || namespace === "" ? nameOf(object) : `${namespace}/${nameOf(object)}`;
}

export function parseId(id: string): { namespace: string | undefined; name: string } {
  const slash = id.indexOf("/");
  return slash < 0 ? { namespace: undefined, name: id } : { namespace: id.slice(0, slash), name: id.slice(slash + 1) };
}

export function annotationOf(object: JsonObject, name: string): string | undefined {
  return stringAt(object, "metadata", "annotations", name);
}

export function isAnnotated(object: JsonObject, name: string): boolean {
  return annotationOf(object, name) === "true";
}

export function withMetadata(object: JsonObject, fields: Readonly<Record<string, Json>>): JsonObject {
  return { ...object, metadata: { ...objectAt(object, "metadata"), ...fields } };
}

export function isCrd(object: JsonObject): boolean {
  const { apiVersion, kind } = kindOf(object);
  return groupOf(apiVersion) === "apiextensions.k8s.io" && kind === "CustomResourceDefinition";
}

export function isSecretObject(object: JsonObject): boolean {
  const { apiVersion, kind } = kindOf(object);
  return apiVersion === "v1" && kind === "Secret";
}

/** True if the controller has not yet seen the object's last change, as far as its status says. */
export function isBehind(object: JsonObject): boolean {
  const generation = numberAt(object, "metadata", "generation");
  const observed = numberAt(object, "status", "observedGeneration");
  return generation !== undefined && observed !== undefined && observed < generation;
}
