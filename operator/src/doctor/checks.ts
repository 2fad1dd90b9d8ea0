import type { Facts } from "./facts.ts";
import * as metallb from "./metallb.ts";
import type { Finding, Line } from "./report.ts";
import * as wan from "./wan.ts";

/** In the order in which one thing needs the other, so that the first that is wrong is the one to begin with. */
const CHECKS: readonly (readonly [name: string, check: (facts: Facts) => Finding])[] = [
  ["Cluster", wan.kubernetes],
  ["MetalLB's pods", metallb.metallbPods],
  ["MetalLB's webhook", metallb.webhook],
  ["Address pools", metallb.pools],
  ["Advertisement", metallb.advertisements],
  ["Excluded nodes", metallb.excludeLabel],
  ["LoadBalancer address", metallb.address],
  ["Announcing node", metallb.announcingNode],
  ["Page", metallb.page],
  ["Operator", wan.operatorPods],
  ["WAN address", wan.conditions],
  ["Votes", wan.votes],
  ["Records at Gandi", wan.recordsSynced],
  ["Records in DNS", wan.recordsVerified],
  ["Gandi's token", wan.token],
];

/** Every check over what was read. Pure. */
export function examine(facts: Facts): Line[] {
  return CHECKS.map(([check, look]) => ({ check, ...look(facts) }));
}
