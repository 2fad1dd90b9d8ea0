/**
 * Everything that the stack's pods may do, listen on and reach, as tables. infra/test/rights.test.ts compares them
 * with what the program makes, line by line, and docs/rights.md shows them. A change of the program that is meant is
 * written here too.
 */

/** A part of the stack config that brings a line with it. */
export type Feature =
  "push" | "notify" | "router" | "allowNonGlobal" | "service" | "hostNetwork" | "ca" | "serviceMonitor";

export const features: Readonly<Record<Feature, string>> = {
  push: "`esddns:push`",
  notify: "`esddns:notify`",
  router: "`esddns:detection.router`",
  allowNonGlobal: "`esddns:detection.allowNonGlobal`",
  service: "a record with `source: { kind: Service }`",
  hostNetwork: "`esddns:detection.hostNetwork`",
  ca: "`esddns:extraCaCertificates`",
  serviceMonitor: "`esddns:monitoring` with `monitor: ServiceMonitor`",
};

/** The service accounts, which are also the values of the pods' label `app`. */
export type App = "esddns-operator" | "esddns-service";

interface Line {
  readonly app: App;
  /** Why the pods need it. */
  readonly why: string;
  /** Absent: the line is always there. */
  readonly with?: Feature;
}

/** One resource of one rule of a Role or ClusterRole. */
export interface Right extends Line {
  /** A namespace, or `every namespace` for a ClusterRole. */
  readonly where: string;
  /** `core` for the group without a name. */
  readonly group: string;
  readonly resource: string;
  /** The only objects that the right is for. `any` where the rule names none. */
  readonly names: string;
  readonly verbs: string;
}

/** The namespaces and names of the config that the tables are about. */
export const NAMESPACE = "esddns-production";
const METALLB_NAMESPACE = "metallb-system";
export const SERVICE_NAMESPACE = "web";
export const SERVICE = "front";
const POOLS = "esddns-pool, second";
export const ALLOWED_NETWORK = "198.51.100.0/24";
export const ROUTER = "192.168.1.1";
export const NOTIFIED = "192.168.1.7";

const group = "esddns.io";
const read = "get, list, watch";
const inOwn = (app: App) => ({ app, where: NAMESPACE, names: "any" });
const operator = inOwn("esddns-operator");
const page = inOwn("esddns-service");

export const rights: readonly Right[] = [
  { ...operator, group, resource: "dnsrecords", verbs: read, why: "the records that it keeps true" },
  { ...operator, group, resource: "dnsrecords", verbs: "patch", why: "the finalizer of `deletionPolicy: Delete`" },
  { ...operator, group, resource: "dnsrecords/status", verbs: "patch", why: "what it published, and what failed" },
  { ...operator, group, resource: "wanaddresses", verbs: read, why: "the settings of detection, and the decision" },
  { ...operator, group, resource: "wanaddresses/status", names: "wan", verbs: "patch", why: "the decision" },
  { ...operator, group, resource: "wanobservations", verbs: read, why: "what the other nodes see" },
  { ...operator, group, resource: "wanobservations", verbs: "create, patch", why: "what its own node sees" },
  { ...operator, group: "coordination.k8s.io", resource: "leases", verbs: "create", why: "the first lease" },
  {
    ...operator,
    group: "coordination.k8s.io",
    resource: "leases",
    names: "esddns-writer",
    verbs: "get, update",
    why: "one pod of all decides and writes DNS",
  },
  {
    ...operator,
    group: "core",
    resource: "configmaps",
    names: "esddns-wan-ip",
    verbs: "create, patch",
    why: "the address, for workloads that read it from there",
  },
  { ...operator, group: "events.k8s.io", resource: "events", verbs: "create", why: "events about what it decided" },
  {
    ...operator,
    where: "every namespace",
    group: "core",
    resource: "nodes",
    verbs: "get",
    why: "its observation goes when the node goes",
  },
  {
    ...operator,
    where: SERVICE_NAMESPACE,
    group: "core",
    resource: "services",
    names: SERVICE,
    verbs: "get",
    why: "the address of the Service that the record names",
    with: "service",
  },
  { ...page, group, resource: "dnsrecords", verbs: read, why: "shown" },
  { ...page, group, resource: "wanaddresses", verbs: read, why: "shown" },
  { ...page, group, resource: "wanobservations", verbs: read, why: "shown" },
  { ...page, group: "core", resource: "services", names: "esddns-service", verbs: "get", why: "its own address" },
  { ...page, group: "events.k8s.io", resource: "events", verbs: "list", why: "shown" },
  {
    ...page,
    where: METALLB_NAMESPACE,
    group: "metallb.io",
    resource: "servicel2statuses",
    verbs: "list",
    why: "which node announces the page",
  },
  {
    ...page,
    where: METALLB_NAMESPACE,
    group: "metallb.io",
    resource: "ipaddresspools",
    names: POOLS,
    verbs: "get",
    why: "how full the stack's pools are",
  },
];

/** What the pods listen on, all of it TCP. */
export interface Port extends Line {
  readonly port: number;
  readonly name: string;
  /** Who gets in, where the network plugin enforces NetworkPolicies. */
  readonly from: string;
}

const HEALTH = "the kubelet of its node";

export const ports: readonly Port[] = [
  { app: "esddns-operator", port: 8080, name: "http", from: "everybody", why: "metrics" },
  { app: "esddns-operator", port: 8081, name: "push", from: "everybody", why: "`POST /probe`", with: "push" },
  { app: "esddns-operator", port: 8082, name: "health", from: HEALTH, why: "probes of its health" },
  { app: "esddns-service", port: 8080, name: "http", from: "everybody", why: "the page, metrics" },
  { app: "esddns-service", port: 8082, name: "health", from: HEALTH, why: "probes of its health" },
];

/** Services of the stack. */
export interface ServicePort extends Omit<Line, "app"> {
  readonly app: App | "both";
  readonly service: string;
  readonly type: string;
  readonly port: number;
  readonly target: number;
}

export const services: readonly ServicePort[] = [
  {
    app: "esddns-service",
    service: "esddns-service",
    type: "LoadBalancer",
    port: 80,
    target: 8080,
    why: "the page on the LAN",
  },
  {
    app: "esddns-operator",
    service: "esddns-push",
    type: "LoadBalancer",
    port: 8081,
    target: 8081,
    why: "`POST /probe` on the LAN",
    with: "push",
  },
  {
    app: "both",
    service: "esddns-metrics",
    type: "headless",
    port: 8080,
    target: 8080,
    why: "by which Prometheus finds the pods",
    with: "serviceMonitor",
  },
];

/** One destination of the NetworkPolicy of an app. */
export interface Egress extends Line {
  /** `everywhere`, or a network. */
  readonly to: string;
  /** Networks inside of it that stay closed. */
  readonly except: string;
  readonly ports: string;
}

const API_SERVER = "TCP 443, TCP 6443, TCP 8443, TCP 16443";
const DNS = "UDP 53, TCP 53";
const everywhere = { to: "everywhere", except: "" };

export const egress: readonly Egress[] = [
  { app: "esddns-operator", ...everywhere, ports: DNS, why: "names" },
  { app: "esddns-operator", ...everywhere, ports: API_SERVER, why: "the API server" },
  {
    app: "esddns-operator",
    to: "0.0.0.0/0",
    except: "10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16",
    ports: "any",
    why: "STUN, echo services, Gandi",
  },
  {
    app: "esddns-operator",
    to: "::/0",
    except: "fc00::/7, fe80::/10",
    ports: "any",
    why: "the same by IPv6",
  },
  {
    app: "esddns-operator",
    to: ALLOWED_NETWORK,
    except: "",
    ports: "any",
    why: "sources in the networks that are allowed",
    with: "allowNonGlobal",
  },
  {
    app: "esddns-operator",
    to: `${NOTIFIED}/32`,
    except: "",
    ports: "any",
    why: "a receiver of notifications that is named by its address",
    with: "notify",
  },
  {
    app: "esddns-operator",
    to: `${ROUTER}/32`,
    except: "",
    ports: "UDP 5351",
    why: "NAT-PMP and PCP",
    with: "router",
  },
  { app: "esddns-service", ...everywhere, ports: DNS, why: "names" },
  { app: "esddns-service", ...everywhere, ports: API_SERVER, why: "the API server" },
];

/** Files that pods mount, read-only. */
export interface Mounted extends Line {
  readonly path: string;
  readonly source: string;
  /** Octal; Kubernetes' own 0644 where the source keeps no secret. */
  readonly mode: string;
}

const secrets = "/var/run/secrets";
export const mounted: readonly Mounted[] = [
  {
    app: "esddns-operator",
    path: `${secrets}/esddns`,
    source: "Secret esddns-gandi",
    mode: "0440",
    why: "Gandi's token",
  },
  {
    app: "esddns-operator",
    path: `${secrets}/esddns-notify`,
    source: "Secret esddns-notify",
    mode: "0440",
    why: "the channels, whose URLs are secrets",
    with: "notify",
  },
  {
    app: "esddns-operator",
    path: `${secrets}/esddns-push`,
    source: "Secret esddns-push",
    mode: "0440",
    why: "the token of `POST /probe`",
    with: "push",
  },
  {
    app: "esddns-operator",
    path: "/etc/esddns",
    source: "ConfigMap esddns-extra-ca",
    mode: "0644",
    why: "certificates",
    with: "ca",
  },
];

/** What confines each pod, by the path of the field in its spec. The container's own fields begin with `container`. */
export const confinement: Readonly<Record<string, unknown>> = {
  "securityContext.runAsNonRoot": true,
  "securityContext.runAsUser": 65532,
  "securityContext.runAsGroup": 65532,
  "securityContext.fsGroup": 65532,
  "securityContext.seccompProfile.type": "RuntimeDefault",
  "container.securityContext.allowPrivilegeEscalation": false,
  "container.securityContext.readOnlyRootFilesystem": true,
  "container.securityContext.capabilities.drop": ["ALL"],
  "container.resources.requests.cpu": "10m",
  "container.resources.requests.memory": "64Mi",
  "container.resources.limits.memory": "192Mi",
  enableServiceLinks: false,
};

/** Levels of the Pod Security Standards that the namespaces enforce. */
export const levels: readonly { readonly namespace: string; readonly level: string; readonly with?: Feature }[] = [
  { namespace: NAMESPACE, level: "restricted" },
  { namespace: NAMESPACE, level: "privileged", with: "hostNetwork" },
  { namespace: METALLB_NAMESPACE, level: "privileged" },
];

/** ValidatingAdmissionPolicies: what they refuse. All fail closed and deny. */
export const admission: readonly {
  readonly policy: string;
  readonly about: string;
  readonly operations: string;
  /** The only account whose requests it looks at. */
  readonly account: string;
  readonly must: readonly string[];
}[] = [
  {
    policy: `${NAMESPACE}-observations`,
    about: "esddns.io/* wanobservations",
    operations: "CREATE, UPDATE",
    account: `system:serviceaccount:${NAMESPACE}:esddns-operator`,
    must: ["variables.node != '' && object.metadata.name == variables.node", "object.nodeName == object.metadata.name"],
  },
];
