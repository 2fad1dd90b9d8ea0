import { statusMetalLbRules, statusRules } from "@esddns/common/api";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { scrapeAnnotations } from "../config/keys/monitoring.ts";
import { sharesAddress } from "../config/keys/push.ts";
import { hostsEnv, ipFamilies } from "../config/keys/service.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { MetalLB } from "../metallb/metallb.ts";
import { pageIngress } from "./ingress.ts";
import { HTTP_PORT, labels, names } from "../names.ts";
import { egressPolicy } from "./networkPolicy.ts";
import type { Operator } from "./operator.ts";
import { expiryEnv, podSpec } from "./pod.ts";
import { keptForLife, pushService, SERVICE_KEYS, SHARED_ADDRESS } from "./push.ts";
import { rightsElsewhere, serviceAccount } from "./rbac.ts";
import { rolloutDiagnosis } from "./rollout.ts";

export interface StatusPageArgs extends Pick<
  LoadedConfig,
  "namespace" | "service" | "gandiTokenExpires" | "push" | "monitoring" | "guard" | "messages"
> {
  /** With its digest. */
  readonly image: pulumi.Input<string>;
  /** The operator: the page uses its namespace and shows its custom resources. */
  readonly operator: Pick<Operator, "namespace" | "definitions" | "tolerateControlPlane" | "apiServerPorts">;
  /** The load balancer that gives the page its address. */
  readonly loadBalancer: Pick<MetalLB, "namespace" | "pools" | "advertisements" | "annotations">;
}

/** The status page: two pods, on two nodes if the cluster has two, behind an address from MetalLB. */
export class StatusPage extends pulumi.ComponentResource {
  readonly service: k8s.core.v1.Service;
  readonly deployment: k8s.apps.v1.Deployment;

  constructor(name: string, args: StatusPageArgs, options: pulumi.ComponentResourceOptions) {
    super("esddns:status:StatusPage", name, {}, options);
    const self = { parent: this };
    const { guard } = args;
    const account = serviceAccount(
      `${name}-account`,
      { account: names.page.serviceAccount, namespace: args.operator.namespace, rules: statusRules },
      self,
    );
    new k8s.networking.v1.NetworkPolicy(
      `${name}-network`,
      {
        metadata: { name: names.page.app, namespace: args.operator.namespace },
        spec: guard.value(
          egressPolicy(names.page.app, {
            internet: false,
            alsoTo: [],
            apiServerPorts: args.operator.apiServerPorts,
          }),
          "operator",
        ),
      },
      self,
    );
    const { loadBalancer } = args;
    const poolNames = loadBalancer.pools.map(({ config }) => config.name);
    // Without these rights the page reports that they are missing. No resource waits for them.
    if (poolNames.length > 0) {
      rightsElsewhere(
        `${name}-metallb`,
        {
          account: account.name,
          namespace: args.operator.namespace,
          target: loadBalancer.namespace,
          rules: statusMetalLbRules(poolNames),
        },
        { ...self, dependsOn: loadBalancer.pools.map(({ resource }) => resource) },
      );
    }
    const selector = { app: names.page.app };
    // A drain may evict only one of the two at a time.
    new k8s.policy.v1.PodDisruptionBudget(
      `${name}-budget`,
      {
        metadata: { name: names.page.app, namespace: args.operator.namespace },
        spec: {
          maxUnavailable: 1,
          selector: { matchLabels: selector },
          // A pod that does not work anyway must not block the drain of a node.
          unhealthyPodEvictionPolicy: "AlwaysAllow",
        },
      },
      self,
    );
    this.deployment = new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata: { name: names.page.deployment, namespace: args.operator.namespace, labels: labels(names.page.app) },
        spec: {
          replicas: 2,
          selector: { matchLabels: selector },
          template: {
            // `kubectl rollout restart` writes an annotation here. It belongs to another field manager, so server-side
            // apply leaves it alone, and the next up undoes no restart.
            metadata: {
              labels: labels(names.page.app),
              annotations: guard.value(scrapeAnnotations(args.monitoring, HTTP_PORT), "monitoring"),
            },
            spec: guard.value(
              {
                ...podSpec({
                  command: "status",
                  image: args.image,
                  serviceAccountName: account.name,
                  tolerateControlPlane: args.operator.tolerateControlPlane,
                  env: [
                    ...expiryEnv(args),
                    { name: "ESDDNS_METALLB_NAMESPACE", value: loadBalancer.namespace },
                    { name: "ESDDNS_POOLS", value: poolNames.join(",") },
                    ...hostsEnv(args.service),
                  ],
                }),
                topologySpreadConstraints: [
                  {
                    maxSkew: 1,
                    topologyKey: "kubernetes.io/hostname",
                    whenUnsatisfiable: "ScheduleAnyway",
                    labelSelector: { matchLabels: selector },
                    // Pods of the previous revision do not count when those of the next are placed.
                    matchLabelKeys: ["pod-template-hash"],
                  },
                ],
              },
              "operator",
              "service",
            ),
          },
        },
      },
      {
        ...self,
        ...guard.outputs(["spec"], "operator", "monitoring", "gandiTokenExpires", "image", "service"),
        dependsOn: [...args.operator.definitions, ...account.rights],
        customTimeouts: { create: "5m", update: "5m" },
        hooks: { onError: [rolloutDiagnosis(`${name}-rollout`, args.namespace, names.page.app, args.messages)] },
      },
    );
    const shared = sharesAddress(args.service, args.push);
    this.service = this.#service(name, args, selector, shared);
    const { ingress } = args.service;
    if (ingress) pageIngress(name, args.operator.namespace, ingress, guard, { ...self, dependsOn: [this.service] });
    if (args.push.enabled) {
      const { namespace } = args.operator;
      const { loadBalancerClass } = args.service;
      const access = { namespace, push: args.push, shared, loadBalancer, loadBalancerClass, guard };
      pushService(name, access, { ...self, dependsOn: [this.service] });
    }
    this.registerOutputs({});
  }

  #service(name: string, args: StatusPageArgs, selector: Record<string, string>, shared: boolean): k8s.core.v1.Service {
    const { pool, addresses, families, ipFamilyPolicy, externalTrafficPolicy, loadBalancerClass } = args.service;
    const { pools, advertisements } = args.loadBalancer;
    return new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: {
          name: names.page.service,
          namespace: args.operator.namespace,
          labels: labels(names.page.app),
          annotations: args.guard.value(
            {
              ...args.loadBalancer.annotations({
                ...(pool === undefined ? {} : { "address-pool": pool }),
                ...(addresses.length === 0 ? {} : { loadBalancerIPs: addresses.join(",") }),
                ...(shared ? SHARED_ADDRESS : {}),
              }),
              // This waits only for the address: the pods have a wait of their own.
              "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress[0].ip}",
              "pulumi.com/timeoutSeconds": "120",
            },
            ...SERVICE_KEYS,
          ),
        },
        spec: args.guard.value(
          {
            type: "LoadBalancer",
            ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
            ...ipFamilies(families, ipFamilyPolicy),
            externalTrafficPolicy,
            selector,
            ports: [{ name: "http", port: 80, targetPort: HTTP_PORT, protocol: "TCP" }],
          },
          ...SERVICE_KEYS,
        ),
      },
      {
        parent: this,
        ...args.guard.outputs(["metadata", "spec", "status"], ...SERVICE_KEYS),
        ...keptForLife,
        dependsOn: [...pools.map(({ resource }) => resource), ...advertisements],
      },
    );
  }
}
