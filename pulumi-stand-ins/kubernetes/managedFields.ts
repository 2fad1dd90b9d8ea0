/** Who owns which field of an object (metadata.managedFields), as far as updates by server-side apply are concerned. */
import type { Json, JsonObject } from "../shared/values.ts";
import { isObject, listAt, objectAt, stringAt } from "../shared/values.ts";

/** Managers whose fields a resource's own manager takes over: the plain create of this plugin, and kubectl apply. */
const predecessors: readonly (readonly [manager: string, operation: string])[] = [
  ["kubectl", "Apply"],
  ["kubectl", "Update"],
  ["before-first-apply", "Update"],
  ["pulumi-kubernetes", "Update"],
  ["pulumi-kubernetes.exe", "Update"],
  ["pulumi-resource-kubernetes", "Update"],
];

/** True while a predecessor owns fields: a dry run, which cannot take them over first, has to force. */
export function hasCreateManager(live: JsonObject): boolean {
  return listAt(live, "metadata", "managedFields").some(
    (entry) => isPredecessor(entry) && stringAt(entry, "operation") === "Update",
  );
}

/** The JSON patch that hands the predecessors' fields to `manager`; empty when there is nothing to hand over. */
export function takeOverPatch(live: JsonObject, manager: string): JsonObject[] {
  const entries = listAt(live, "metadata", "managedFields").filter(isObject);
  const old = entries.filter(isPredecessor);
  const first = old[0];
  if (first === undefined) return [];
  const own = entries.filter((entry) => isOwn(entry, manager));
  const fieldsV1 = [...own, ...old].map((entry) => objectAt(entry, "fieldsV1")).reduce(merge);
  const rest = entries.filter((entry) => !old.includes(entry) && !own.includes(entry));
  const taken: JsonObject = { ...(own[0] ?? first), manager, operation: "Apply", fieldsV1 };
  return [
    { op: "replace", path: "/metadata/managedFields", value: [taken, ...rest] },
    // The server refuses the patch if somebody changed the object meanwhile.
    { op: "replace", path: "/metadata/resourceVersion", value: stringAt(live, "metadata", "resourceVersion") ?? "" },
  ];
}

function isOwn(entry: Json, manager: string): boolean {
  return stringAt(entry, "manager") === manager && stringAt(entry, "operation") === "Apply";
}

function isPredecessor(entry: Json): boolean {
  if (stringAt(entry, "subresource") !== undefined) return false;
  return predecessors.some(
    ([manager, operation]) => stringAt(entry, "manager") === manager && stringAt(entry, "operation") === operation,
  );
}

/** FieldsV1 is a tree of empty objects: the union of two is their deep merge. */
function merge(left: JsonObject, right: JsonObject): JsonObject {
  const result = { ...left };
  for (const [key, value] of Object.entries(right)) result[key] = merge(objectAt(left, key), objectAt(value));
  return result;
}
