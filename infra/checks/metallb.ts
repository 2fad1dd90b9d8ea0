/** The MetalLB that is there: whose it is, whether it can be adopted, and changes of the config that would take it away. Pure. */
import { nativeBgpProblems } from "../config/keys/bgp/rules.ts";
import type { StackConfig } from "../config/parse.ts";
import { quote, type Problem } from "../config/validation/problem.ts";
import { definitionProblems } from "./definitions.ts";
import type { CheckedConfig, ClusterFacts, OwnedMetalLB, RunningMetalLB } from "./facts.ts";
import { placedPools } from "./pools.ts";

/** Whether the MetalLB that is adopted can do what the config asks for. */
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

/** MetalLB passes over Services of another class than its own without a word. */
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
 * MetalLB that a stack would install a second time. The release would be refused, but not before MetalLB's namespace and
 * the definitions are in this stack's state: with the adopt that is the way out, the next up would delete them, and with
 * them the pools and records of every stack.
 */
export function foreignMetalLB(config: Config, facts: Facts, takeOver: boolean): Problem[] {
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

/** Another namespace replaces the release: Helm then removes the definitions, and with them every pool. */
export function movedMetalLB(config: Config, owned: readonly OwnedMetalLB[]): Problem[] {
  const mine = owned.filter(({ owner }) => owner === config.namespace);
  const elsewhere = mine.find(({ namespace }) => namespace !== config.metallb.namespace);
  if (config.shared !== "own" || elsewhere === undefined) return [];
  const wrong = `${quote(config.metallb.namespace)} is not where this stack's MetalLB runs, and to move it would delete every address pool of the cluster`;
  const right = `Write ${quote(elsewhere.namespace)} again. To have it elsewhere, destroy the stack and deploy it anew.`;
  return [{ path: ["metallb", "namespace"], wrong, right }];
}

/** A stack that turns to adopt lets go of its own MetalLB, and deletes nothing of it: formerOwner.ts. */
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
