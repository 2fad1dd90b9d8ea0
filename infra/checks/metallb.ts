/**
 * Checks the MetalLB in the cluster: which stack owns it, whether it can be adopted, and whether a change of the config
 * would delete it. Pure.
 */
import { nativeBgpProblems } from "../config/keys/bgp/rules.ts";
import type { StackConfig } from "../config/parse.ts";
import { quote, type Problem } from "../config/validation/problem.ts";
import { definitionProblems } from "./definitions.ts";
import type { Asker, CheckedConfig, ClusterFacts, OwnedMetalLB, RunningMetalLB } from "./facts.ts";
import { placedPools } from "./pools.ts";

/** Checks whether the adopted MetalLB can do what the config asks for. */
export function adopted(config: CheckedConfig, facts: ClusterFacts): { problems: Problem[]; warnings: string[] } {
  if (config.shared !== "adopt") return { problems: [], warnings: [] };
  const { metallb } = facts;
  const where = config.metallb.namespace;
  const lookedFor = !facts.unread.includes("MetalLB's controller");
  if (metallb === undefined) {
    const wrong = `there is no MetalLB in the namespace ${where} to adopt`;
    const right = "Name the right one in esddns:metallb.namespace, or write own: then this stack installs MetalLB.";
    return { problems: lookedFor ? [{ path: ["shared"], wrong, right }] : [], warnings: [] };
  }
  const version =
    metallb.version === undefined
      ? [`The version of the MetalLB in ${where} cannot be told from its image; it is taken for 0.14.9 or newer.`]
      : [];
  return {
    problems: [
      ...(facts.definitions ? definitionProblems(config, facts.definitions, metallb.version) : []),
      ...(metallb.native ? nativeBgpProblems(config.bgp, placedPools(config.pools)) : []),
      ...otherClass(config.service, metallb),
    ],
    warnings: version,
  };
}

/** Reports Services of another class than MetalLB's, which MetalLB silently ignores. */
function otherClass({ loadBalancerClass }: CheckedConfig["service"], running: RunningMetalLB): Problem[] {
  const taken = running.loadBalancerClass;
  if (loadBalancerClass === taken) return [];
  const path = ["service", "loadBalancerClass"];
  if (taken === undefined) {
    const wrong = `${quote(loadBalancerClass)} is no class of the MetalLB there, which takes Services without one`;
    return [{ path, wrong, right: "Leave it out." }];
  }
  const wrong = `is not ${quote(taken)}, and the MetalLB there takes Services of that class only`;
  return [{ path, wrong, right: `Write ${taken}.` }];
}

type Config = Pick<StackConfig, "namespace" | "shared" | "metallb">;
type Facts = Pick<ClusterFacts, "owned" | "metallb" | "metallbIsAStacks" | "elsewhere">;

/**
 * Reports a MetalLB that the stack would install a second time. Helm would refuse the release, but only after MetalLB's
 * namespace and the definitions are in this stack's state. The way out is to adopt it, and then the next up would
 * delete them, and with them the pools and records of every stack.
 */
export function foreignMetalLB(config: Config, facts: Facts, { takeOver }: Pick<Asker, "takeOver">): Problem[] {
  const { namespace, shared, metallb } = config;
  const owned = facts.owned ?? [];
  if (shared !== "own" || owned.some(({ owner }) => owner === namespace)) return [];
  const other = owned.find(({ owner, lives }) => lives && owner !== facts.elsewhere);
  if (other !== undefined) {
    const wrong = `is own, and the MetalLB in ${other.namespace} belongs to the stack with the namespace ${other.owner}`;
    return [{ path: ["shared"], wrong, right: "Write adopt, and it is used as it is." }];
  }
  const nobodys = owned.some(({ namespace: of }) => of === metallb.namespace) || facts.metallbIsAStacks === false;
  if (takeOver || facts.metallb === undefined || facts.elsewhere !== undefined || !nobodys) return [];
  const wrong = `is own, and in ${metallb.namespace} there is a MetalLB that this stack did not install`;
  const right =
    "Write adopt, and it is used as it is. To have this stack own it from now on: npm run deploy -- STACK --take-over";
  return [{ path: ["shared"], wrong, right }];
}

/**
 * Reports another namespace for MetalLB. It replaces the release: Helm then removes the definitions, and with them
 * every pool.
 */
export function movedMetalLB(config: Config, owned: readonly OwnedMetalLB[]): Problem[] {
  const mine = owned.filter(({ owner }) => owner === config.namespace);
  const elsewhere = mine.find(({ namespace }) => namespace !== config.metallb.namespace);
  if (config.shared !== "own" || elsewhere === undefined) return [];
  const wrong = `${quote(config.metallb.namespace)} is not where this stack's MetalLB runs, and to move it would delete every address pool of the cluster`;
  const right = `Write ${quote(elsewhere.namespace)} again. To have it elsewhere, destroy the stack and deploy it anew.`;
  return [{ path: ["metallb", "namespace"], wrong, right }];
}

/**
 * Warns that a stack which turns to adopt stops managing its own MetalLB. It deletes nothing of it (formerOwner.ts).
 */
export function givenUpMetalLB(config: Config, owned: readonly OwnedMetalLB[]): string[] {
  if (config.shared !== "adopt") return [];
  return owned
    .filter(({ owner }) => owner === config.namespace)
    .map(
      ({ namespace }) =>
        `This stack installed the MetalLB in ${namespace}. With esddns:shared adopt, MetalLB and the custom resource ` +
        "definitions stay as they are, and pulumi up no longer updates them. esddns:shared own takes them over again.",
    );
}
