/** Whose MetalLB it is: stands on the controller's Deployment, which only an installation writes. */

/** A label of the controller's pods: the namespace of the stack that installed MetalLB, and so one of its kind. */
export const OWNER_LABEL = "esddns.io/owner";

/** Named, for people's `helm ls` and because the names of MetalLB's Deployment and DaemonSet come from it. */
export const RELEASE_NAME = "metallb";

/** Path of the controller's Deployment at the API server. */
export function controllerPath(metallbNamespace: string): string {
  return `/apis/apps/v1/namespaces/${metallbNamespace}/deployments/${RELEASE_NAME}-controller`;
}
