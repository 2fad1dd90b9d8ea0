/** Whose MetalLB is, and whose an object of its configuration. */
import { z } from "zod";
import type { Cluster } from "../kubernetes/cluster.ts";

/**
 * A label of the controller's pods, which only an installation writes, of MetalLB's namespace and the custom resource
 * definitions, and of all that a stack writes into MetalLB's namespace (objects.ts). Its value is the namespace of the stack, of which a cluster has one of a name.
 */
export const OWNER_LABEL = "esddns.io/owner";

/** An annotation of MetalLB's namespace: whether the stack that owns it keeps it at a destroy, as its last up has stored. */
export const KEPT_ANNOTATION = "esddns.io/kept-on-destroy";

/** Named, for people's `helm ls` and because the names of MetalLB's Deployment and DaemonSet come from it. */
export const RELEASE_NAME = "metallb";

/** What is known of the MetalLB that is there. */
export interface Installed {
  /** The namespace of the stack whose it is; undefined where no name is on it, or that stack is gone. */
  readonly owner: string | undefined;
  /** Whether its controller is there at all: an installation may have been killed before that. */
  readonly controller: boolean;
}

/** What tells whose an object is: its labels, and who wrote its fields. */
export const marked = z.object({
  metadata: z.object({
    labels: z.record(z.string(), z.string()).default({}),
    managedFields: z.array(z.object({ manager: z.string().default("") })).default([]),
  }),
});

const deployment = z.object({
  spec: z.object({ template: z.object({ metadata: z.object({ labels: z.record(z.string(), z.string()) }) }) }),
});

/**
 * Who owns MetalLB. `own`: the namespace of the stack that asks, whose MetalLB it may be though the namespace is gone.
 * @throws Error where the cluster does not answer.
 */
export async function installedMetalLB(
  cluster: Pick<Cluster, "get">,
  metallbNamespace: string,
  own: string,
): Promise<Installed> {
  const found = await cluster.get(controllerPath(metallbNamespace), deployment);
  if (!found.found && !found.absent) throw new Error(found.why);
  if (!found.found) return { controller: false, owner: undefined };
  const owner = found.value.spec.template.metadata.labels[OWNER_LABEL];
  if (owner === undefined || owner === own) return { controller: true, owner };
  const lives = await cluster.get(`/api/v1/namespaces/${owner}`, z.unknown());
  return { controller: true, owner: !lives.found && lives.absent ? undefined : owner };
}

/** Path of the controller's Deployment at the API server. */
function controllerPath(metallbNamespace: string): string {
  return `/apis/apps/v1/namespaces/${metallbNamespace}/deployments/${RELEASE_NAME}-controller`;
}
