/** Whose the stack's own namespace is. Its name tells the stacks of a cluster apart, so two must not have the same. */
import { anyObject, type Read } from "@esddns/common/cluster";
import { quote, type ValueProblem } from "../config/validation/problem.ts";
import type { Cluster } from "./cluster.ts";
import { FIELD_MANAGER } from "./fieldManager.ts";
import { namespaceContents } from "./namespaceContents.ts";
import { names } from "../names.ts";

/** An annotation of the namespace; its value is PROJECT/STACK. */
export const STACK_ANNOTATION = "esddns.io/stack";

/** PROJECT/STACK, the name without organization. */
export function stackIdOf(project: string, stack: string): string {
  return `${project}/${stack}`;
}

/** A namespace that exists already, by what is known of its owner. */
export type NamespaceFact =
  /** It carries the annotation of a stack. */
  | { readonly by: "stack"; readonly stackId: string }
  /** A stack of a version without the annotation wrote it. */
  | { readonly by: "earlier version" }
  /** No stack wrote it. `contents`: its objects, KIND NAME. */
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

/** Returns why a stack must not have the namespace, unless it is told to take it over. `stackId`: that of the stack. */
export function namespaceProblem(namespace: string, fact: NamespaceFact, stackId: string): ValueProblem | undefined {
  if (fact.by === "earlier version" || (fact.by === "stack" && fact.stackId === stackId)) return undefined;
  if (fact.by === "stack") {
    const wrong = `${quote(namespace)} is the namespace of the stack ${fact.stackId}, and this is ${stackId}, which would take over all that is in it`;
    const right = `Write one of its own. Where ${fact.stackId} is gone, or was this stack under another name: ${TAKE_OVER}`;
    return { wrong, right };
  }
  if (fact.contents.length === 0) return undefined;
  const [shown, more] = [fact.contents.slice(0, 3), fact.contents.length - 3];
  const what = `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  const wrong = `${quote(namespace)} is there already, is no stack's, and holds ${what}; a destroy would delete it with all that`;
  return { wrong, right: `Write one for this stack alone. To have the stack own that one all the same: ${TAKE_OVER}` };
}

const TAKE_OVER = "npm run deploy -- STACK --take-over";
