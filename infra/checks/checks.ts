/** The checks of the cluster, by the names that `esddns:checks.skip` takes. Pure. */
import type { CheckName } from "../config/keys/checks.ts";
import type { Problem } from "../config/validation/problem.ts";
import { closedApiServer } from "./apiServer.ts";
import { foreignArchitecture } from "./architecture.ts";
import { ownPeers, secondSessions, unfitSecrets, unknownCommunities } from "./bgp.ts";
import type { CheckedConfig, ClusterFacts } from "./facts.ts";
import { adopted, givenUpMetalLB, movedMetalLB } from "./metallb.ts";
import { monitoringProblems } from "./monitoring.ts";
import { announcements, deadNodes, noRoomForPods, unknownNodes } from "./nodes.ts";
import { takenAddresses } from "./pools.ts";
import { mayHaveSecondLoadBalancer, secondLoadBalancer } from "./serviceLb.ts";
import { unshared } from "./sharedAddresses.ts";
import { takenNames } from "./takenNames.ts";

/** A problem, with the name that `esddns:checks.skip` takes to skip its check. */
export interface NamedProblem extends Problem {
  readonly check: CheckName;
}

interface Evaluation {
  readonly problems: readonly NamedProblem[];
  /** Each begins with the name of its check. */
  readonly warnings: readonly string[];
  /** Facts that are worth knowing and may well be intended. */
  readonly notes: readonly string[];
}

type Look<T> = (config: CheckedConfig, facts: ClusterFacts) => readonly T[];

interface Check {
  readonly problems?: Look<Problem>;
  readonly warnings?: Look<string>;
  readonly notes?: Look<string>;
}

/** The two checks that must know which stack runs are in preflight.ts. */
const CHECKS: Readonly<Record<Exclude<CheckName, "namespace" | "shared-metallb">, Check>> = {
  "dead-nodes": { warnings: (_, facts) => deadNodes(facts) },
  "adopted-metallb": {
    problems: (config, facts) => adopted(config, facts).problems,
    warnings: (config, facts) => adopted(config, facts).warnings,
  },
  "moved-metallb": {
    problems: (config, { owned = [] }) => movedMetalLB(config, owned),
    notes: (config, { owned = [] }) => givenUpMetalLB(config, owned),
  },
  "shared-addresses": { problems: unshared },
  "taken-names": { problems: takenNames },
  "pool-addresses": { problems: takenAddresses },
  "bgp-sessions": { problems: secondSessions },
  "bgp-communities": { problems: unknownCommunities },
  announcers: {
    problems: (config, facts) => announcements(config, facts).problems,
    notes: (config, facts) => announcements(config, facts).notes,
  },
  taints: { problems: noRoomForPods },
  architecture: { problems: foreignArchitecture },
  monitoring: { problems: monitoringProblems },
  servicelb: { warnings: secondLoadBalancer, notes: (_, facts) => mayHaveSecondLoadBalancer(facts) },
  "bgp-peer-nodes": { warnings: ownPeers },
  "password-secrets": { warnings: unfitSecrets },
  "node-names": { warnings: unknownNodes },
  "api-server-port": { warnings: closedApiServer },
};

/** Runs every check that is not skipped. */
export function evaluate(config: CheckedConfig, facts: ClusterFacts, skip: readonly CheckName[] = []): Evaluation {
  const checks = Object.entries(CHECKS as Readonly<Record<CheckName, Check>>) as [CheckName, Check][];
  const made = checks.filter(([name]) => !skip.includes(name));
  return {
    problems: made.flatMap(([check, { problems }]) =>
      (problems?.(config, facts) ?? []).map((problem) => ({ ...problem, check })),
    ),
    warnings: made.flatMap(([check, { warnings }]) =>
      (warnings?.(config, facts) ?? []).map((each) => `[${check}] ${each}`),
    ),
    notes: made.flatMap(([, { notes }]) => notes?.(config, facts) ?? []),
  };
}
