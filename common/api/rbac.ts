/**
 * What each service account may do, and the names that the rules mention. The stack makes Roles from these rules, so
 * code and rights cannot drift apart: the API server refuses a call that is not listed here.
 */
import { GROUP, WAN_ADDRESS_NAME } from "./v1alpha1.ts";

/** The Lease. Only its holder decides and writes DNS. */
export const LEASE_NAME = "esddns-writer";

/** The ConfigMap with the agreed address, for workloads that read it as environment variables. */
export const CONFIG_MAP_NAME = "esddns-wan-ip";

/** Field managers of server-side apply: each node's observer, and the one writer. */
export const OBSERVER_MANAGER = "esddns-observer";
export const WRITER_MANAGER = "esddns-writer";

/** A rule of rbac.authorization.k8s.io/v1. */
export interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

const readOwnKinds: PolicyRule = {
  apiGroups: [GROUP],
  resources: ["wanaddresses", "wanobservations", "dnsrecords"],
  verbs: ["get", "list", "watch"],
};

/** Role of `esddns-operator` in its own namespace. A server-side apply that creates needs `create` besides `patch`. */
export const operatorRules: readonly PolicyRule[] = [
  readOwnKinds,
  { apiGroups: [GROUP], resources: ["wanobservations"], verbs: ["create", "patch"] },
  {
    apiGroups: [GROUP],
    resources: ["wanaddresses/status"],
    resourceNames: [WAN_ADDRESS_NAME],
    verbs: ["patch"],
  },
  { apiGroups: [GROUP], resources: ["dnsrecords/status"], verbs: ["patch"] },
  // The finalizer of deletionPolicy Delete, which has no subresource of its own.
  { apiGroups: [GROUP], resources: ["dnsrecords"], verbs: ["patch"] },
  // A POST names no object in its path, so `create` cannot be limited to one name.
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
  {
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    resourceNames: [LEASE_NAME],
    verbs: ["get", "update"],
  },
  { apiGroups: [""], resources: ["configmaps"], resourceNames: [CONFIG_MAP_NAME], verbs: ["create", "patch"] },
  { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create"] },
];

/**
 * ClusterRole of `esddns-operator`: an observation is owned by its Node, so that it is deleted with it. That needs the
 * Node's uid.
 */
export const operatorClusterRules: readonly PolicyRule[] = [{ apiGroups: [""], resources: ["nodes"], verbs: ["get"] }];

/** Role of `esddns-operator` in a namespace with Services from which records take their addresses. */
export function serviceSourceRules(services: readonly string[]): PolicyRule[] {
  // An empty list of names would mean every Service.
  if (services.length === 0) return [];
  return [{ apiGroups: [""], resources: ["services"], resourceNames: [...services], verbs: ["get"] }];
}

/** The Service of the page. */
export const PAGE_SERVICE_NAME = "esddns-service";

/** Role of `esddns-service`: the page only reads. */
export const statusRules: readonly PolicyRule[] = [
  readOwnKinds,
  { apiGroups: [""], resources: ["services"], resourceNames: [PAGE_SERVICE_NAME], verbs: ["get"] },
  { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["list"] },
];

/**
 * Role of `esddns-service` in MetalLB's namespace: reads how full these pools are, and which node announces the page.
 */
export function statusMetalLbRules(pools: readonly string[]): PolicyRule[] {
  return [
    { apiGroups: ["metallb.io"], resources: ["servicel2statuses"], verbs: ["list"] },
    // An empty list of names would mean every pool.
    ...(pools.length === 0
      ? []
      : [{ apiGroups: ["metallb.io"], resources: ["ipaddresspools"], resourceNames: [...pools], verbs: ["get"] }]),
  ];
}
