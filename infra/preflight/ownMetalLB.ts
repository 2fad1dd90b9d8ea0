/** The MetalLB that a stack has installed, and changes of the config that would take it away. */
import { z } from "zod";
import type { StackConfig } from "../config/parse.ts";
import { quote, type Problem } from "../config/problem.ts";
import type { Cluster } from "../kubernetes/cluster.ts";
import { KEPT_ANNOTATION, OWNER_LABEL } from "../metallb/owner.ts";

/** A MetalLB that some stack has installed. */
export interface OwnedMetalLB {
  /** That it runs in. */
  readonly namespace: string;
  /** The namespace of the stack whose it is. */
  readonly owner: string;
  /** Whether the last up of that stack has stored keepOnDestroy. */
  readonly kept: boolean;
}

/** All there are; none where they may not be read. */
export async function ownedMetalLBs(cluster: Pick<Cluster, "get">): Promise<readonly OwnedMetalLB[]> {
  const found = await cluster.get(CONTROLLERS, controllers);
  if (!found.found) return [];
  const owned = found.value.items.flatMap(({ metadata, spec }) => {
    const owner = spec.template.metadata.labels[OWNER_LABEL];
    return owner === undefined ? [] : [{ namespace: metadata.namespace, owner }];
  });
  return Promise.all(owned.map(async (each) => ({ ...each, kept: await isKept(cluster, each.namespace) })));
}

type Judged = Pick<StackConfig, "namespace" | "shared" | "metallb">;

/** Another namespace replaces the release: Helm then removes the definitions, and with them every pool. */
export function movedMetalLB(config: Judged, owned: readonly OwnedMetalLB[]): Problem[] {
  const mine = owned.filter(({ owner }) => owner === config.namespace);
  const elsewhere = mine.find(({ namespace }) => namespace !== config.metallb.namespace);
  if (config.shared !== "own" || elsewhere === undefined) return [];
  const wrong = `${quote(config.metallb.namespace)} is not where this stack's MetalLB runs, and to move it would delete every address pool of the cluster`;
  const right = `Write ${quote(elsewhere.namespace)} again. To have it elsewhere, destroy the stack and deploy it anew.`;
  return [{ path: ["metallb", "namespace"], wrong, right }];
}

/** A stack that turns to adopt gives its own MetalLB up. */
export function givenUpMetalLB(config: Judged, owned: readonly OwnedMetalLB[]): string[] {
  const lost = owned.filter(({ owner, kept }) => owner === config.namespace && !kept);
  if (config.shared !== "adopt") return [];
  return lost.map(
    ({ namespace }) =>
      `The MetalLB in ${namespace} is this stack's own, and the last up was not told to keep it: with esddns:shared adopt ` +
      "pulumi up removes it and the custom resource definitions, and with them every address pool of the cluster. " +
      "To leave them there, set shared back to own and esddns:keepOnDestroy to true, run pulumi up, and then adopt.",
  );
}

const CONTROLLERS = `/apis/apps/v1/deployments?labelSelector=${encodeURIComponent("app.kubernetes.io/name=metallb")}`;

async function isKept(cluster: Pick<Cluster, "get">, namespace: string): Promise<boolean> {
  const found = await cluster.get(`/api/v1/namespaces/${namespace}`, annotated);
  return found.found && found.value.metadata.annotations[KEPT_ANNOTATION] === "true";
}

const strings = z.record(z.string(), z.string()).default({});
const controllers = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ namespace: z.string() }),
      spec: z.object({ template: z.object({ metadata: z.object({ labels: strings }).prefault({}) }) }),
    }),
  ),
});
const annotated = z.object({ metadata: z.object({ annotations: strings }) });
