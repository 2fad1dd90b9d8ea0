/**
 * ServiceLB, the load balancer that k3s brings along. It makes a DaemonSet for each Service of type LoadBalancer and writes
 * the nodes' addresses into the Service's status, where MetalLB writes its own: the address then flips for ever.
 */

/** Path of its DaemonSets at the API server, by the label that it puts on them. */
export const SERVICELB_PATH = `/apis/apps/v1/daemonsets?labelSelector=${encodeURIComponent("svccontroller.k3s.cattle.io/svcname")}`;

/** What to do about it, as sentences. */
export const SERVICELB_OFF =
  "Switch it off on every k3s server: --disable=servicelb, or disable: [servicelb] in /etc/rancher/k3s/config.yaml, and start k3s again.";
