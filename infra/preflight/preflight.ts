/** The checks that need the cluster, before anything is composed. */
import * as pulumi from "@pulumi/pulumi";
import { monitoringKinds } from "../config/monitoring.ts";
import { formatProblem, type Problem } from "../config/problem.ts";
import type { StackConfig } from "../config/parse.ts";
import { namespaceComplaint, stackMark } from "../esddns/stackNamespace.ts";
import { configuredCluster } from "../kubernetes/provider.ts";
import { isTakeOver } from "../metallb/takeOver.ts";
import { readsOlderAnnotations } from "../metallb/version.ts";
import { readFacts, type ClusterFacts, type RunningMetalLB } from "./facts.ts";
import { judge } from "./judge.ts";
import { foreignMetalLB } from "./ownMetalLB.ts";

/**
 * The MetalLB that runs, as far as it is known. Warnings are logged; a cluster that does not answer is one of them.
 * With `observeLive` off nothing is read.
 * @throws pulumi.RunError with every problem; Pulumi prints it without a stack trace.
 */
export async function preflight(config: StackConfig): Promise<RunningMetalLB | undefined> {
  if (!config.observeLive) return undefined;
  const read = await readFacts(configuredCluster(), {
    namespace: config.namespace,
    mark: ownMark(),
    metallbNamespace: config.metallb.namespace,
    passwordSecrets: config.bgp.peers.flatMap(({ passwordSecret }) => passwordSecret ?? []),
    adopted: config.shared === "adopt",
    older: config.shared === "own" && readsOlderAnnotations(config.metallb.version),
    monitored: monitoringKinds(config.monitoring).length > 0,
  });
  if (!read.reached) {
    const unchecked = "Not checked: whether nodes have addresses of the pools, and may announce them";
    await pulumi.log.warn(`The cluster could not be looked at: ${read.why}. ${unchecked}.`);
    return undefined;
  }
  const { problems: others, warnings, notes } = judge(config, read.facts);
  const problems = [
    ...namespaceProblems(config, read.facts),
    ...foreignMetalLB(config, read.facts, isTakeOver()),
    ...others,
  ];
  if (problems.length > 0) {
    const heading = "The stack config does not go with the cluster:";
    throw new pulumi.RunError([heading, ...problems.map((problem) => `  - ${formatProblem(problem)}`)].join("\n"));
  }
  for (const warning of warnings) await pulumi.log.warn(warning);
  if (pulumi.runtime.isDryRun()) for (const note of notes) await pulumi.log.info(note);
  return read.facts.metallb;
}

function namespaceProblems({ namespace }: StackConfig, { namespace: there }: ClusterFacts): Problem[] {
  if (there === undefined || isTakeOver()) return [];
  const complaint = namespaceComplaint(namespace, there, ownMark());
  return complaint === undefined ? [] : [{ path: ["namespace"], ...complaint }];
}

function ownMark(): string {
  return stackMark(pulumi.getProject(), pulumi.getStack());
}
