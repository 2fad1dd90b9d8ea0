/** The stack's own namespace. */
import { RESOURCE_NAMES, stackKey } from "../keyFacts.ts";
import { quote, type Problem } from "../validation/problem.ts";
import { isDnsLabel, objectName } from "../values/kubernetesNames.ts";

export const namespaceKey = stackKey(
  objectName.optional().describe("The namespace of everything but MetalLB; default esddns-<stack>."),
  { encrypted: { refused: `the namespace is part of ${RESOURCE_NAMES}` } },
);

/** The namespace that the config names, or the default. */
export function namespaceOf(given: string | undefined, stack: string): string {
  return given ?? `esddns-${stack}`;
}

/** `isSet`: the config names one, be it wrong. */
export function namespaceProblems(given: string | undefined, isSet: boolean, stack: string): Problem[] {
  if (given !== undefined) return reservedNamespace(given, ["namespace"]);
  const byStack = namespaceOf(undefined, stack);
  if (isSet || isDnsLabel(byStack)) return [];
  const wrong = `the default, ${quote(byStack)}, is not a name that Kubernetes takes`;
  return [{ path: ["namespace"], wrong, right: "Set one of lower-case letters, digits and hyphens." }];
}

/** Kubernetes' own namespaces: they cannot be deleted, and hold objects of others. */
const RESERVED = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** `path`: of the key that names the namespace. */
export function reservedNamespace(namespace: string, path: Problem["path"]): Problem[] {
  if (!RESERVED.includes(namespace)) return [];
  const right = "Write one for this alone: the stack makes it, sets its pod security, and takes it away at a destroy.";
  return [{ path, wrong: `${quote(namespace)} is Kubernetes' own namespace`, right }];
}
