/** Checks whether pods can reach the API server. Pure. */
import { formatPath } from "../config/validation/problem.ts";
import { API_SERVER_PORTS } from "../esddns/networkPolicy.ts";
import type { CheckedConfig, ClusterFacts } from "./facts.ts";

/**
 * Warns if the API server listens on a port that the policies do not allow. Only a network plugin that enforces the
 * stack's NetworkPolicies then blocks the pods, and the cluster does not show whether one does.
 */
export function closedApiServer({ operator }: CheckedConfig, facts: ClusterFacts): string[] {
  const open = [...API_SERVER_PORTS, ...operator.apiServerPorts];
  const closed = (facts.apiServerPorts ?? []).filter((port) => !open.includes(port));
  if (closed.length === 0) return [];
  const where = formatPath(["operator", "apiServerPorts"]);
  return [
    `${where}: the API server listens on port ${closed.join(", ")}, which the stack's NetworkPolicies do not let the pods to: ` +
      `where the network plugin enforces them no pod gets ready. Write [${[...operator.apiServerPorts, ...closed].join(", ")}].`,
  ];
}
