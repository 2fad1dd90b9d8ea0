/** Reads which MetalLBs the stacks have installed. */
import { z } from "zod";
import type { Cluster } from "../kubernetes/cluster.ts";
import { KEPT_ANNOTATION, ownedControllers } from "../metallb/owner.ts";
import type { OwnedMetalLB } from "./facts.ts";

/** Lists all of them. Undefined if they may not be read. */
export async function ownedMetalLBs(cluster: Pick<Cluster, "get">): Promise<readonly OwnedMetalLB[] | undefined> {
  const found = await ownedControllers(cluster);
  if (!found.read) return found.reason === "NotFound" ? [] : undefined;
  return Promise.all(
    found.value.map(async (each) => {
      const [kept, lives] = await Promise.all([isKept(cluster, each.namespace), isThere(cluster, each.owner)]);
      return { ...each, kept, lives };
    }),
  );
}

async function isKept(cluster: Pick<Cluster, "get">, namespace: string): Promise<boolean> {
  const found = await cluster.get(`/api/v1/namespaces/${namespace}`, annotated);
  return found.read && found.value.metadata.annotations[KEPT_ANNOTATION] === "true";
}

async function isThere(cluster: Pick<Cluster, "get">, namespace: string): Promise<boolean> {
  const found = await cluster.get(`/api/v1/namespaces/${namespace}`, z.unknown());
  return found.read || found.reason !== "NotFound";
}

const strings = z.record(z.string(), z.string()).default({});
const annotated = z.object({ metadata: z.object({ annotations: strings }) });
