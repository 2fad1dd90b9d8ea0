/**
 * Finds the owner of the stack's own namespace. Its name identifies the stack in the cluster, so two stacks must not
 * share it.
 */
import { anyObject, type Read } from "@esddns/common/cluster";
import { quote, type ValueProblem } from "../config/validation/problem.ts";
import type { Cluster } from "./cluster.ts";
import { FIELD_MANAGER } from "./fieldManager.ts";
import { namespaceContents } from "./namespaceContents.ts";
import { names } from "../names.ts";

/** An annotation of the namespace. Its value is PROJECT/STACK. */
export const STACK_ANNOTATION = "esddns.io/stack";

/** Returns PROJECT/STACK, the name without the organization. */
export function stackIdOf(project: string, stack: string): string {
  return `${project}/${stack}`;
}

/** What is known about the owner of a namespace that exists already. */
export type NamespaceFact =
  /** It carries the annotation of a stack. */
  | { readonly by: "stack"; readonly stackId: string }
  /** It was written by a stack of a version without the annotation. */
  | { readonly by: "earlier version" }
  /** It was not written by a stack. `contents` lists its objects as KIND NAME. */
  | { readonly by: "others"; readonly contents: readonly string[] };

export async function readStackNamespace(
  cluster: Pick<Cluster, "get">,
  namespace: string,
): Promise<Read<NamespaceFact>> {
  const found = await cluster.get(`/api/v1/namespaces/${namespace}`, anyObject);
  if (!found.read) return found;
  const { annotations, managedFields } = found.value.metadata;
  const stackId = annotations[STACK_ANNOTATION];
  if (stackId !== undefined) return { read: true, value: { by: "stack", stackId } };
  const inside = await namespaceContents(cluster, namespace);
  if (!inside.read) return inside;
  const written = managedFields.some(({ manager }) => manager === FIELD_MANAGER);
  const hasOperator = inside.value.some(({ kind, name }) => kind === "DaemonSet" && name === names.operator.daemonSet);
  if (written || hasOperator) return { read: true, value: { by: "earlier version" } };
  return { read: true, value: { by: "others", contents: inside.value.map(({ kind, name }) => `${kind} ${name}`) } };
}

/** Returns why a stack must not use the namespace without --take-over. `stackId` is that of the stack that runs. */
export function namespaceProblem(namespace: string, fact: NamespaceFact, stackId: string): ValueProblem | undefined {
  if (fact.by === "earlier version" || (fact.by === "stack" && fact.stackId === stackId)) return undefined;
  if (fact.by === "stack") {
    const wrong = `${quote(namespace)} is the namespace of the stack ${fact.stackId}, and this is ${stackId}, which would take over all that is in it`;
    const right = `Write another namespace. If ${fact.stackId} is gone, or was this stack under another name: ${TAKE_OVER}`;
    return { wrong, right };
  }
  if (fact.contents.length === 0) return undefined;
  const [shown, more] = [fact.contents.slice(0, 3), fact.contents.length - 3];
  const what = `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  const wrong = `${quote(namespace)} exists already, was not created by an ESDDNS stack and contains ${what}. Destroying this stack would delete all of it`;
  return { wrong, right: `Write another namespace. To have this stack own that one all the same: ${TAKE_OVER}` };
}

const TAKE_OVER = "npm run deploy -- STACK --take-over";
