/** Finds the owner of MetalLB and of an object in its configuration. */
import { listOf, workload, type Read, type Workload } from "@esddns/common/cluster";
import { z } from "zod";
import type { Cluster } from "../kubernetes/cluster.ts";

/**
 * A label that names the stack which owns an object: its value is that stack's namespace, which is unique in a cluster.
 * It is on the controller's pods (only an installation writes those), on MetalLB's namespace, on the custom resource
 * definitions, and on all that a stack writes into MetalLB's namespace (objects.ts).
 */
export const OWNER_LABEL = "esddns.io/owner";

/** An annotation of MetalLB's namespace: whether the last up of its owner stored that a destroy keeps it. */
export const KEPT_ANNOTATION = "esddns.io/kept-on-destroy";

/**
 * The name of the Helm release. It is fixed because users see it in `helm ls`, and because the names of MetalLB's
 * Deployment and DaemonSet come from it, unless values of the chart say otherwise.
 */
export const RELEASE_NAME = "metallb";

/**
 * Returns a message that an object exists which this stack did not make. `owner` is the namespace of its stack, if any.
 */
export function existsAlready(subject: string, owner: string | undefined): string {
  const whose = owner === undefined ? "this stack did not make it" : `belongs to the stack with the namespace ${owner}`;
  return `${subject} exists already, and ${whose}`;
}

/** What the cluster reports about its MetalLB. */
export interface Installed {
  /** The namespace of the stack that owns it. Undefined if it carries no name, or if that stack no longer exists. */
  readonly owner: string | undefined;
  /** Whether its controller exists: an installation may have been killed before that. */
  readonly controller: boolean;
}

/**
 * Reads which stack owns MetalLB. `own` is the namespace of the stack that runs: it may own MetalLB although its
 * namespace no longer exists.
 * @throws Error if the cluster does not answer.
 */
export async function installedMetalLB(
  cluster: Pick<Cluster, "get">,
  metallbNamespace: string,
  own: string,
): Promise<Installed> {
  const found = await cluster.get(`/apis/apps/v1/namespaces/${metallbNamespace}/deployments`, listOf(workload));
  if (!found.read && found.reason !== "NotFound") throw new Error(found.why);
  const controllers = (found.read ? found.value.items : []).filter(isController);
  const owner = controllers.map(ownerOf).find((each) => each !== undefined);
  if (owner === undefined || owner === own) return { controller: controllers.length > 0, owner };
  const lives = await cluster.get(`/api/v1/namespaces/${owner}`, z.unknown());
  return { controller: true, owner: !lives.read && lives.reason === "NotFound" ? undefined : owner };
}

/**
 * Reports whether a Deployment is MetalLB's controller. It reads the label, because values of the chart change the name
 * but not the label. The plain manifests have the second label.
 */
function isController({ metadata: { labels } }: Workload): boolean {
  return [labels[COMPONENT_LABEL], labels["component"]].includes("controller");
}

function ownerOf({ spec }: Workload): string | undefined {
  return spec.template.metadata.labels[OWNER_LABEL];
}

/** Lists where stacks have installed MetalLB, in every namespace, and which stacks did. */
export async function ownedControllers(
  cluster: Pick<Cluster, "get">,
): Promise<Read<readonly { readonly namespace: string; readonly owner: string }[]>> {
  const found = await cluster.get(CONTROLLERS, listOf(workload));
  if (!found.read) return found;
  const value = found.value.items.flatMap((each) => {
    const owner = ownerOf(each);
    return owner === undefined ? [] : [{ namespace: each.metadata.namespace, owner }];
  });
  return { read: true, value };
}

const COMPONENT_LABEL = "app.kubernetes.io/component";
const CONTROLLERS = `/apis/apps/v1/deployments?labelSelector=${encodeURIComponent(`${COMPONENT_LABEL}=controller`)}`;
