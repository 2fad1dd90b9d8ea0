/** The checks of the cluster, by the names that `esddns:checks.skip` takes. Pure. */
import type { CheckName } from "../config/keys/checks.ts";
import type { Problem } from "../config/validation/problem.ts";
import { closedApiServer } from "./apiServer.ts";
import { foreignArchitecture } from "./architecture.ts";
import { ownPeers, secondSessions, unfitSecrets, unknownCommunities } from "./bgp.ts";
import type { Asker, CheckedConfig, ClusterFacts } from "./facts.ts";
import { adopted, foreignMetalLB, givenUpMetalLB, movedMetalLB } from "./metallb.ts";
import { monitoringProblems } from "./monitoring.ts";
import { foreignNamespace } from "./namespace.ts";
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

/** The findings of one check. A check runs once. */
type Check = (
  config: CheckedConfig,
  facts: ClusterFacts,
  asker: Asker,
) => {
  readonly problems?: readonly Problem[];
  readonly warnings?: readonly string[];
  readonly notes?: readonly string[];
};

/** Problems are reported in this order. */
const CHECKS: Readonly<Record<CheckName, Check>> = {
  namespace: (...asked) => ({ problems: foreignNamespace(...asked) }),
  "shared-metallb": (...asked) => ({ problems: foreignMetalLB(...asked) }),
  "dead-nodes": (_, facts) => ({ warnings: deadNodes(facts) }),
  "adopted-metallb": adopted,
  "moved-metallb": (config, { owned = [] }) => ({
    problems: movedMetalLB(config, owned),
    notes: givenUpMetalLB(config, owned),
  }),
  "shared-addresses": (config, facts) => ({ problems: unshared(config, facts) }),
  "taken-names": (config, facts) => ({ problems: takenNames(config, facts) }),
  "pool-addresses": (config, facts) => ({ problems: takenAddresses(config, facts) }),
  "bgp-sessions": (config, facts) => ({ problems: secondSessions(config, facts) }),
  "bgp-communities": (config, facts) => ({ problems: unknownCommunities(config, facts) }),
  announcers: announcements,
  taints: (config, facts) => ({ problems: noRoomForPods(config, facts) }),
  architecture: (config, facts) => ({ problems: foreignArchitecture(config, facts) }),
  monitoring: (config, facts) => ({ problems: monitoringProblems(config, facts) }),
  servicelb: (config, facts) => ({
    warnings: secondLoadBalancer(config, facts),
    notes: mayHaveSecondLoadBalancer(facts),
  }),
  "bgp-peer-nodes": (config, facts) => ({ warnings: ownPeers(config, facts) }),
  "password-secrets": (config, facts) => ({ warnings: unfitSecrets(config, facts) }),
  "node-names": (config, facts) => ({ warnings: unknownNodes(config, facts) }),
  "api-server-port": (config, facts) => ({ warnings: closedApiServer(config, facts) }),
};

/** Runs every check that is not skipped. */
export function evaluate(
  config: CheckedConfig,
  facts: ClusterFacts,
  asker: Asker,
  skip: readonly CheckName[] = [],
): Evaluation {
  const made = (Object.entries(CHECKS) as [CheckName, Check][])
    .filter(([name]) => !skip.includes(name))
    .map(([name, check]) => ({ name, ...check(config, facts, asker) }));
  return {
    problems: made.flatMap(({ name, problems = [] }) => problems.map((each) => ({ ...each, check: name }))),
    warnings: made.flatMap(({ name, warnings = [] }) => warnings.map((each) => `[${name}] ${each}`)),
    notes: made.flatMap(({ notes = [] }) => notes),
  };
}
