import * as cluster from "./cluster.ts";
import * as dns from "./dns.ts";
import type { Facts } from "../read/facts.ts";
import * as lan from "./lan.ts";
import * as metallb from "./metallb.ts";
import * as monitoring from "./monitoring.ts";
import type { DoctorFinding } from "../finding.ts";
import * as wan from "./wan.ts";

/** In the order of dependence, so the first failed check is the one to begin with. */
const CHECKS = {
  Cluster: cluster.kubernetes,
  "MetalLB's pods": metallb.metallbPods,
  "MetalLB's webhook": metallb.webhook,
  "MetalLB's configuration": metallb.configuration,
  "Address pools": metallb.pools,
  Advertisement: metallb.advertisements,
  "Excluded nodes": metallb.excludeLabel,
  "BGP sessions": lan.bgp,
  "LoadBalancer address": lan.address,
  "Announcing node": lan.announcingNode,
  "ARP on the LAN": lan.arp,
  "Free addresses": lan.freeOnLan,
  Page: lan.page,
  Operator: cluster.operatorPods,
  STUN: wan.stun,
  "HTTPS echo": wan.echo,
  Router: wan.router,
  "WAN address": wan.conditions,
  "Gandi's token": dns.token,
  "Records at Gandi": dns.recordsSynced,
  "Records in DNS": dns.recordsVerified,
  Metrics: monitoring.metrics,
  Alerts: monitoring.alerts,
} satisfies Record<string, (facts: Facts) => DoctorFinding>;

export type CheckName = keyof typeof CHECKS;

export interface Line extends DoctorFinding {
  readonly check: CheckName;
}

/** Runs every check on the facts. Pure. */
export function examine(facts: Facts): Line[] {
  return Object.entries(CHECKS).map(([check, look]) => ({ check: check as CheckName, ...look(facts) }));
}
