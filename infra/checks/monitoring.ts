/** Checks whether the cluster has the kinds of the Prometheus operator. Pure. */
import { monitoringKinds } from "../config/keys/monitoring.ts";
import type { Problem } from "../config/validation/problem.ts";
import type { CheckedConfig, ClusterFacts } from "./facts.ts";

export function monitoringProblems({ monitoring }: CheckedConfig, { monitoringKinds: known }: ClusterFacts): Problem[] {
  if (known === undefined) return [];
  return monitoringKinds(monitoring)
    .filter((kind) => !known.has(kind))
    .map((kind) => ({
      path: ["monitoring", kind === monitoring.monitor ? "monitor" : "rules"],
      wrong: `the cluster knows no ${kind} (monitoring.coreos.com/v1)`,
      right: "Install a Prometheus operator first, or leave it out: scrape annotations need none.",
    }));
}
