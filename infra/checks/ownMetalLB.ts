/** The MetalLB that a stack has installed, and changes of the config that would take it away. */
import { z } from "zod";
import type { StackConfig } from "../config/parse.ts";
import { quote, type Problem } from "../config/validation/problem.ts";
import type { Cluster } from "../kubernetes/cluster.ts";
import { KEPT_ANNOTATION, ownedControllers } from "../metallb/owner.ts";
import type { ClusterFacts } from "./facts.ts";

/** A MetalLB that some stack has installed. */
export interface OwnedMetalLB {
  /** That it runs in. */
  readonly namespace: string;
  /** The namespace of the stack whose it is. */
  readonly owner: string;
  /** Whether the last up of that stack has stored keepOnDestroy. */
  readonly kept: boolean;
  /** Whether that stack is there still, by its namespace. */
  readonly lives: boolean;
}

/** All that there are. Undefined: they may not be read. */
export async function ownedMetalLBs(cluster: Pick<Cluster, "get">): Promise<readonly OwnedMetalLB[] | undefined> {
  const found = await ownedControllers(cluster);
  if (!found.found) return found.absent ? [] : undefined;
  return Promise.all(
    found.value.map(async (each) => {
      const [kept, lives] = await Promise.all([isKept(cluster, each.namespace), isThere(cluster, each.owner)]);
      return { ...each, kept, lives };
    }),
  );
}

type Judged = Pick<StackConfig, "namespace" | "shared" | "metallb">;
type Facts = Pick<ClusterFacts, "owned" | "metallb" | "metallbIsAStacks" | "elsewhere">;

/**
 * MetalLB that a stack would install a second time. The release would be refused, but not before MetalLB's namespace and
 * the definitions are in this stack's state: with the adopt that is the way out, the next up would delete them, and with
 * them the pools and records of every stack.
 */
export function foreignMetalLB(config: Judged, facts: Facts, takeOver: boolean): Problem[] {
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
export function movedMetalLB(config: Judged, owned: readonly OwnedMetalLB[]): Problem[] {
  const mine = owned.filter(({ owner }) => owner === config.namespace);
  const elsewhere = mine.find(({ namespace }) => namespace !== config.metallb.namespace);
  if (config.shared !== "own" || elsewhere === undefined) return [];
  const wrong = `${quote(config.metallb.namespace)} is not where this stack's MetalLB runs, and to move it would delete every address pool of the cluster`;
  const right = `Write ${quote(elsewhere.namespace)} again. To have it elsewhere, destroy the stack and deploy it anew.`;
  return [{ path: ["metallb", "namespace"], wrong, right }];
}

/** A stack that turns to adopt lets go of its own MetalLB, and deletes nothing of it: formerOwner.ts. */
export function givenUpMetalLB(config: Judged, owned: readonly OwnedMetalLB[]): string[] {
  if (config.shared !== "adopt") return [];
  return owned
    .filter(({ owner }) => owner === config.namespace)
    .map(
      ({ namespace }) =>
        `This stack installed the MetalLB in ${namespace}. With esddns:shared adopt, MetalLB and the custom resource ` +
        "definitions stay as they are, and pulumi up no longer updates them. esddns:shared own takes them over again.",
    );
}

async function isKept(cluster: Pick<Cluster, "get">, namespace: string): Promise<boolean> {
  const found = await cluster.get(`/api/v1/namespaces/${namespace}`, annotated);
  return found.found && found.value.metadata.annotations[KEPT_ANNOTATION] === "true";
}

async function isThere(cluster: Pick<Cluster, "get">, namespace: string): Promise<boolean> {
  const found = await cluster.get(`/api/v1/namespaces/${namespace}`, z.unknown());
  return found.found || !found.absent;
}

const strings = z.record(z.string(), z.string()).default({});
const annotated = z.object({ metadata: z.object({ annotations: strings }) });
