/**
 * ServiceLB, the load balancer of k3s. It makes a DaemonSet for each Service of type LoadBalancer and writes the nodes'
 * addresses into the Service's status. MetalLB writes its own address there, so the address alternates for ever.
 */

/** The path of its DaemonSets at the API server, by the label that ServiceLB puts on them. */
export const SERVICELB_PATH = `/apis/apps/v1/daemonsets?labelSelector=${encodeURIComponent("svccontroller.k3s.cattle.io/svcname")}`;

/** How to turn it off, as sentences. */
export const SERVICELB_OFF =
  "Switch it off on every k3s server: --disable=servicelb, or disable: [servicelb] in /etc/rancher/k3s/config.yaml, and start k3s again.";
