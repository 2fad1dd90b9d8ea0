/** Whose MetalLB is, and whose a pool of it. */

/**
 * A label of the controller's pods, which only an installation writes, and of pools. Its value is the namespace of the
 * stack, of which a cluster has one of a name.
 */
export const OWNER_LABEL = "esddns.io/owner";

/** Named, for people's `helm ls` and because the names of MetalLB's Deployment and DaemonSet come from it. */
export const RELEASE_NAME = "metallb";

/** Path of the controller's Deployment at the API server. */
export function controllerPath(metallbNamespace: string): string {
  return `/apis/apps/v1/namespaces/${metallbNamespace}/deployments/${RELEASE_NAME}-controller`;
}
