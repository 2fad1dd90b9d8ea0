/** Whose MetalLB is, and whose an object of its configuration. */
import { listOf, workload, type Read, type Workload } from "@esddns/common/cluster";
import { z } from "zod";
import type { Cluster } from "../kubernetes/cluster.ts";

/**
 * A label of the controller's pods, which only an installation writes, of MetalLB's namespace and the custom resource
 * definitions, and of all that a stack writes into MetalLB's namespace (objects.ts). Its value is the namespace of the stack, of which a cluster has one of a name.
 */
export const OWNER_LABEL = "esddns.io/owner";

/** An annotation of MetalLB's namespace: whether the stack that owns it keeps it at a destroy, as its last up has stored. */
export const KEPT_ANNOTATION = "esddns.io/kept-on-destroy";

/** Named, for people's `helm ls` and because the names of MetalLB's Deployment and DaemonSet come from it, unless values of the chart say otherwise. */
export const RELEASE_NAME = "metallb";

/** Returns that an object exists which is not this stack's, for people. `owner`: the namespace of its stack, if one made it. */
export function existsAlready(subject: string, owner: string | undefined): string {
  const whose = owner === undefined ? "this stack did not make it" : `belongs to the stack with the namespace ${owner}`;
  return `${subject} exists already, and ${whose}`;
}

/** What is known of the MetalLB that is there. */
export interface Installed {
  /** The namespace of the stack whose it is; undefined where no name is on it, or that stack is gone. */
  readonly owner: string | undefined;
  /** Whether its controller is there at all: an installation may have been killed before that. */
  readonly controller: boolean;
}

/**
 * Who owns MetalLB. `own`: the namespace of the stack that asks, whose MetalLB it may be though the namespace is gone.
 * @throws Error where the cluster does not answer.
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

/** By its label, which values of the chart do not change as they change its name. The plain manifests have the second. */
function isController({ metadata: { labels } }: Workload): boolean {
  return [labels[COMPONENT_LABEL], labels["component"]].includes("controller");
}

function ownerOf({ spec }: Workload): string | undefined {
  return spec.template.metadata.labels[OWNER_LABEL];
}

/** Where stacks have installed MetalLB, in whatever namespace, and which stacks those are. */
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
