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

type Look<T> = (config: CheckedConfig, facts: ClusterFacts, asker: Asker) => readonly T[];

interface Check {
  readonly problems?: Look<Problem>;
  readonly warnings?: Look<string>;
  readonly notes?: Look<string>;
}

/** Problems are reported in this order. */
const CHECKS: Readonly<Record<CheckName, Check>> = {
  namespace: { problems: foreignNamespace },
  "shared-metallb": { problems: foreignMetalLB },
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
export function evaluate(
  config: CheckedConfig,
  facts: ClusterFacts,
  asker: Asker,
  skip: readonly CheckName[] = [],
): Evaluation {
  const made = (Object.entries(CHECKS) as [CheckName, Check][]).filter(([name]) => !skip.includes(name));
  const found = <T>(kind: (check: Check) => Look<T> | undefined) =>
    made.flatMap(([name, check]) => (kind(check)?.(config, facts, asker) ?? []).map((each) => ({ name, each })));
  return {
    problems: found(({ problems }) => problems).map(({ name, each }) => ({ ...each, check: name })),
    warnings: found(({ warnings }) => warnings).map(({ name, each }) => `[${name}] ${each}`),
    notes: found(({ notes }) => notes).map(({ each }) => each),
  };
}
