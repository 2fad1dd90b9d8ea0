/** Checks for ServiceLB, the load balancer of k3s, beside MetalLB. Pure. */
import { SERVICELB_OFF } from "@esddns/common/cluster";
import type { StackConfig } from "../config/parse.ts";
import type { ClusterFacts } from "./facts.ts";

type Config = Pick<StackConfig, "service">;

/** Warns about ServiceLB: it and MetalLB both write the status of every Service of type LoadBalancer. */
export function secondLoadBalancer({ service }: Config, { serviceLb = [] }: ClusterFacts): string[] {
  if (serviceLb.length === 0) return [];
  const shown = serviceLb.slice(0, 3).join(", ");
  const half =
    service.loadBalancerClass === undefined
      ? ""
      : " esddns:service.loadBalancerClass alone is half a way out: ServiceLB then runs no pods for the page, and still empties the address.";
  return [
    `k3s' own load balancer (ServiceLB) runs beside MetalLB (DaemonSet ${shown}). Both write the addresses of Services, ` +
      `so these flip between the pool's and the nodes' for ever. ${SERVICELB_OFF}${half}`,
  ];
}

/** Warns that k3s may have ServiceLB: its DaemonSet does not exist before the first Service. */
export function mayHaveSecondLoadBalancer({ nodes = [], serviceLb = [], namespace }: ClusterFacts): string[] {
  const isFirstUp = namespace === undefined;
  if (!isFirstUp || serviceLb.length > 0 || !nodes.some(({ k3s }) => k3s === true)) return [];
  return [`The nodes run k3s, which has a load balancer of its own. ${SERVICELB_OFF} If that is done, all is well.`];
}
