/** Plans what a destroy would delete, and who uses it. Pure. */
import { DEFINITION_GROUP } from "../../kubernetes/resourcePaths.ts";
import { isDefinition, isMetallbNamespace, isOwnRelease, type StateResource } from "../state.ts";

/** What other users have in the cluster. `namespace` is that of the stack to destroy. */
export interface Others {
  /** Namespaces of other stacks: those with a WanAddress. */
  readonly stacks: readonly string[];
  /** Address pools that are not this stack's. */
  readonly pools: readonly string[];
  /** LoadBalancer Services outside this stack's namespace, NAMESPACE/NAME. */
  readonly services: readonly string[];
  /** Those of them that have an address of this stack's pools, NAMESPACE/NAME. */
  readonly servicesUsingPools: readonly string[];
}

export interface OwnRecord {
  readonly name: string;
  /** Whether the operator must delete something at Gandi before the object can be deleted. */
  readonly finalizer: boolean;
}

export interface DestroyPlan {
  /** The shared part that stays. The next up with `shared: own` takes it over. */
  readonly keeps: readonly string[];
  /** The reasons that forbid the destroy. */
  readonly blockers: readonly string[];
  readonly warnings: readonly string[];
}

export interface DestroyFacts {
  readonly state: readonly StateResource[];
  readonly others: Others;
  /** PROJECT/STACK of another stack that owns this one's namespace by now. */
  readonly takenBy: string | undefined;
  /** Objects in the stack's own namespace that are not the stack's. */
  readonly foreignObjects: readonly string[];
  readonly records: readonly OwnRecord[];
  /** Whether an operator runs that can do what the finalizers wait for. */
  readonly operatorReady: boolean;
  readonly abandonRecords: boolean;
  /** The value in the config. The state has the value of the last up. */
  readonly keepOnDestroy: boolean | undefined;
}

const REMEDY =
  "Destroy those first, or keep the shared part: set esddns:keepOnDestroy to true, run pulumi up, and come back";

export function planDestroy(facts: DestroyFacts): DestroyPlan {
  const { state, others } = facts;
  const shared = state.filter((resource) => isOwnRelease(resource) || isDefinition(resource));
  const release = shared.find(isOwnRelease);
  const definitions = shared.filter((each) => isDefinition(each) && each.urn.includes(DEFINITION_GROUP));
  // The state may contain MetalLB's namespace without the release, after an up of an earlier version over a foreign
  // MetalLB.
  const metallbGoes = [release, state.find(isMetallbNamespace)].some((each) => each?.retainOnDelete === false);
  const definitionsGo = definitions.some(({ retainOnDelete }) => !retainOnDelete);
  const blockers = [
    ...(metallbGoes ? used("MetalLB", { "address pools": others.pools, Services: others.services }) : []),
    ...(definitionsGo ? used("the custom resource definitions", { "stacks in": others.stacks }) : []),
    ...(facts.takenBy === undefined ? [] : [taken(facts.takenBy)]),
    ...guestBlockers(facts.foreignObjects),
    ...recordBlockers(facts),
  ];
  return {
    keeps: [
      ...(release?.retainOnDelete ? ["MetalLB"] : []),
      ...(definitions.length > 0 && !definitionsGo ? ["the custom resource definitions"] : []),
    ],
    blockers,
    warnings: [...staleKeep(facts.keepOnDestroy, shared), ...losses(others.servicesUsingPools)],
  };
}

function used(what: string, by: Readonly<Record<string, readonly string[]>>): string[] {
  const users = Object.entries(by).flatMap(([kind, names]) =>
    names.length === 0 ? [] : [`${kind} ${names.join(", ")}`],
  );
  return users.length === 0 ? [] : [`This would take ${what} from the ${users.join(" and the ")}. ${REMEDY}`];
}

/** Returns what other users lose: the pools belong to this stack, whoever keeps MetalLB. */
function losses(servicesUsingPools: readonly string[]): string[] {
  if (servicesUsingPools.length === 0) return [];
  return [
    `The stack's pools go, and from others' Services the addresses that these have of them: ${servicesUsingPools.join(", ")}`,
  ];
}

function taken(by: string): string {
  const what = `The stack's namespace is that of the stack ${by} now, and would go with all that is in it`;
  const renamed = "If that is this stack's former name: npm run deploy -- STACK --take-over, and come back";
  return `${what}. ${renamed}. Otherwise let only Pulumi forget this one: pulumi stack rm --force`;
}

function guestBlockers(foreignObjects: readonly string[]): string[] {
  if (foreignObjects.length === 0) return [];
  const shown =
    foreignObjects.length > 5 ? [...foreignObjects.slice(0, 5), `${foreignObjects.length - 5} more`] : foreignObjects;
  const what = `The stack's namespace goes, and with it what is not the stack's: ${shown.join(", ")}`;
  return [`${what}. Move it elsewhere or delete it first`];
}

function recordBlockers({ records, operatorReady, abandonRecords }: DestroyFacts): string[] {
  const waiting = records.filter(({ finalizer }) => finalizer).map(({ name }) => name);
  if (operatorReady || abandonRecords || waiting.length === 0) return [];
  const why = `No operator runs that could delete ${waiting.join(", ")} at Gandi (deletionPolicy Delete)`;
  return [`${why}. Get it to run (npm run doctor), or leave the records as they are there: --abandon-records`];
}

function staleKeep(keep: boolean | undefined, shared: readonly StateResource[]): string[] {
  if (keep === undefined || shared.length === 0 || shared.every(({ retainOnDelete }) => retainOnDelete === keep))
    return [];
  return [
    `esddns:keepOnDestroy is ${keep} now, but the last up was made with ${!keep}, and that counts: run pulumi up first`,
  ];
}
