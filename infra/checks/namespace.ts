/** Whether the stack's own namespace is another stack's. Pure. */
import type { Problem } from "../config/validation/problem.ts";
import { namespaceProblem } from "../kubernetes/stackNamespace.ts";
import type { Asker, CheckedConfig, ClusterFacts } from "./facts.ts";

export function foreignNamespace(
  { namespace }: Pick<CheckedConfig, "namespace">,
  { namespace: there }: Pick<ClusterFacts, "namespace">,
  { stackId, takeOver }: Asker,
): Problem[] {
  if (there === undefined || takeOver) return [];
  const problem = namespaceProblem(namespace, there, stackId);
  return problem === undefined ? [] : [{ path: ["namespace"], ...problem }];
}
