import { createHash } from "node:crypto";
import { crds, operatorClusterRules, operatorRules } from "@esddns/common/api";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Guard } from "../config/guard.ts";
import type { LoadedConfig } from "../config/load.ts";
import { scrapeAnnotations } from "../config/keys/monitoring.ts";
import { hostsEnv } from "../config/keys/service.ts";
import { podSecurityLabels } from "../kubernetes/podSecurity.ts";
import type { FormerlyOwned } from "../metallb/formerOwner.ts";
import { OWNER_LABEL } from "../metallb/owner.ts";
import { observationPolicy } from "./admission.ts";
import { HTTP_PORT, labels, names } from "../names.ts";
import { egressPolicy } from "./networkPolicy.ts";
import { literalHosts, notifyAccess } from "./notify.ts";
import { expiryEnv, podSpec, type PodArgs } from "./pod.ts";
import { pushAccess } from "./push.ts";
import { serviceAccount } from "./rbac.ts";
import { rolloutDiagnosis, updateStrategy } from "./rollout.ts";
import { STACK_ANNOTATION, stackIdOf } from "../kubernetes/stackNamespace.ts";

export interface OperatorArgs extends Pick<
  LoadedConfig,
  | "shared"
  | "keepOnDestroy"
  | "namespace"
  | "token"
  | "gandiToken"
  | "gandiTokenExpires"
  | "gandiRequestsPerMinute"
  | "notify"
  | "push"
  | "service"
  | "monitoring"
  | "extraCaCertificates"
  | "operator"
  | "detection"
  | "guard"
  | "messages"
> {
  /** What a stack that adopts the definitions may still have in its state. */
  readonly former: Pick<FormerlyOwned, "definitions">;
  /** With its digest. */
  readonly image: pulumi.Input<string>;
}

/** The keys of the config that the template of the pods depends on. */
const POD_KEYS = [
  ...(["detection", "operator", "monitoring", "notify", "image", "extraCaCertificates"] as const),
  ...(["gandiTokenSecret", "gandiTokenExpires", "gandiRequestsPerMinute", "service"] as const),
];

const TOKEN_DIR = "/var/run/secrets/esddns";
const CA_DIR = "/etc/esddns";

/**
 * The operator: a pod on every node, so that each one uses its node's own way to the internet. It has all that the pods
 * need: namespace, custom resource definitions (unless they are adopted), rights, Gandi's token.
 */
export class Operator extends pulumi.ComponentResource {
  readonly namespace: pulumi.Output<string>;
  readonly tolerateControlPlane: boolean;
  readonly apiServerPorts: readonly number[];
  readonly daemonSet: k8s.apps.v1.DaemonSet;
  /** The resources that must exist before a custom resource of the group can be written. */
  readonly definitions: readonly pulumi.Resource[];

  constructor(name: string, args: OperatorArgs, options: pulumi.ComponentResourceOptions) {
    super("esddns:operator:Operator", name, {}, options);
    const self = { parent: this };
    const { guard } = args;
    this.tolerateControlPlane = args.operator.tolerateControlPlane;
    this.apiServerPorts = args.operator.apiServerPorts;
    const namespace = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      // Only the level `privileged` lets a pod use the host's network. The rights of the pods remain restricted.
      {
        metadata: {
          name: args.namespace,
          labels: guard.value(podSecurityLabels(args.detection.hostNetwork ? "privileged" : "restricted"), "detection"),
          annotations: { [STACK_ANNOTATION]: stackIdOf(pulumi.getProject(), pulumi.getStack()) },
        },
      },
      self,
    );
    // Secret labels make all of the metadata secret.
    this.namespace = pulumi.unsecret(namespace.metadata.name);
    this.definitions = args.shared === "own" ? crds.map((crd) => this.#definition(crd, args)) : [];
    if (args.shared === "adopt")
      for (const crd of args.former.definitions)
        k8s.apiextensions.v1.CustomResourceDefinition.get(crd, crd, {
          ...self,
          additionalSecretOutputs: ["metadata", "status"],
        });
    const account = serviceAccount(
      `${name}-account`,
      {
        account: names.operator.serviceAccount,
        namespace: this.namespace,
        rules: operatorRules,
        cluster: { prefix: args.namespace, rules: operatorClusterRules },
      },
      self,
    );
    observationPolicy(`${name}-observations`, { namespace: this.namespace, account: account.name }, self);
    const network = new k8s.networking.v1.NetworkPolicy(
      `${name}-network`,
      {
        metadata: { name: names.operator.app, namespace: this.namespace },
        spec: guard.value(
          egressPolicy(names.operator.app, {
            internet: true,
            alsoTo: [...args.detection.allowNonGlobal, ...literalHosts(args.notify)],
            apiServerPorts: this.apiServerPorts,
            router: args.detection.router,
            push: args.push.enabled,
          }),
          "detection",
          "notify",
          "operator",
          "push",
        ),
      },
      self,
    );
    const token = this.#token(name, args);
    const ca = this.#extraCa(name, args.extraCaCertificates, guard);
    const notify = notifyAccess(name, this.namespace, args.notify, guard, self);
    const push = args.push.enabled ? pushAccess(name, this.namespace, self) : undefined;
    this.daemonSet = new k8s.apps.v1.DaemonSet(
      `${name}-daemon`,
      {
        metadata: { name: names.operator.daemonSet, namespace: this.namespace, labels: labels(names.operator.app) },
        spec: {
          selector: { matchLabels: { app: names.operator.app } },
          updateStrategy: updateStrategy(args.detection.hostNetwork),
          template: {
            metadata: {
              labels: labels(names.operator.app),
              annotations: guard.value(
                { ...scrapeAnnotations(args.monitoring, HTTP_PORT), ...ca?.annotations, ...notify?.annotations },
                "monitoring",
              ),
            },
            spec: guard.value(
              podSpec({
                command: "operator",
                image: args.image,
                serviceAccountName: account.name,
                tolerateControlPlane: this.tolerateControlPlane,
                hostNetwork: args.detection.hostNetwork,
                push: args.push.enabled,
                env: [
                  { name: "ESDDNS_GANDI_TOKEN_FILE", value: `${TOKEN_DIR}/token` },
                  {
                    name: "ESDDNS_GANDI_REQUESTS_PER_MINUTE",
                    value: guard.value(String(args.gandiRequestsPerMinute), "gandiRequestsPerMinute"),
                  },
                  ...expiryEnv(args),
                  ...hostsEnv(args.service),
                  ...(ca?.env ?? []),
                  ...(notify ? [notify.env] : []),
                  ...(push ? [push.env] : []),
                ],
                mounts: [
                  token.mount,
                  ...(ca ? [ca.mount] : []),
                  ...(notify ? [notify.mount] : []),
                  ...(push ? [push.mount] : []),
                ],
              }),
              "detection",
              "operator",
              "service",
            ),
          },
        },
      },
      {
        ...self,
        ...guard.outputs(["spec"], ...POD_KEYS),
        dependsOn: [
          ...this.definitions,
          ...account.rights,
          // At a destroy the pods may still have to delete records at Gandi, in a namespace that denies traffic by
          // default.
          network,
          ...token.resources,
          ...(ca?.resources ?? []),
          ...(notify?.resources ?? []),
          ...(push?.resources ?? []),
        ],
        customTimeouts: { create: "5m", update: "5m" },
        hooks: { onError: [rolloutDiagnosis(`${name}-rollout`, args.namespace, names.operator.app, args.messages)] },
      },
    );
    this.registerOutputs({ namespace: this.namespace });
  }

  /**
   * Writes a definition. One that was kept, or that belongs to no stack, may come from an older version: the fields of
   * this version then win.
   */
  #definition(crd: (typeof crds)[number], { namespace, keepOnDestroy }: OperatorArgs): pulumi.Resource {
    const { metadata, ...rest } = structuredClone(crd);
    const marks = { labels: { [OWNER_LABEL]: namespace }, annotations: { "pulumi.com/patchForce": "true" } };
    return new k8s.apiextensions.v1.CustomResourceDefinition(
      metadata.name,
      { ...rest, metadata: { ...metadata, ...marks } },
      { parent: this, retainOnDelete: keepOnDestroy },
    );
  }

  /** Writes the Secret with the token, or reads the one that the config says exists. */
  #token(name: string, { token, gandiToken, guard }: OperatorArgs): { resources: pulumi.Resource[]; mount: Mount } {
    const secret = token.kind === "secret" ? { name: token.name, key: token.key } : names.tokenSecret;
    const items = [{ key: secret.key, path: "token" }];
    const source = { secretName: secret.name, defaultMode: 0o440, items };
    const volume = { name: "token", secret: guard.value(source, "gandiTokenSecret") };
    const mount = { path: TOKEN_DIR, volume };
    if (token.kind === "secret") return { resources: [], mount };
    const resource = new k8s.core.v1.Secret(
      `${name}-token`,
      {
        metadata: { name: secret.name, namespace: this.namespace },
        ...(gandiToken === undefined ? {} : { stringData: { [secret.key]: gandiToken } }),
      },
      // Without a token only previews run: they show the Secret as it is, and not as emptied.
      { parent: this, ...(gandiToken === undefined ? { ignoreChanges: ["stringData", "data"] } : {}) },
    );
    return { resources: [resource], mount };
  }

  #extraCa(name: string, pem: string | undefined, guard: Guard) {
    if (pem === undefined) return undefined;
    const { name: configMapName, key } = names.caConfigMap;
    const resource = new k8s.core.v1.ConfigMap(
      `${name}-extra-ca`,
      {
        metadata: { name: configMapName, namespace: this.namespace },
        data: guard.value({ [key]: pem }, "extraCaCertificates"),
      },
      { parent: this },
    );
    const mount: Mount = { path: CA_DIR, volume: { name: "extra-ca", configMap: { name: configMapName } } };
    return {
      resources: [resource],
      mount,
      env: [{ name: "NODE_EXTRA_CA_CERTS", value: `${CA_DIR}/${key}` }],
      // Node reads the file only at start, so other certificates need new pods.
      annotations: {
        "esddns.io/extra-ca-sha256": guard.value(createHash("sha256").update(pem).digest("hex"), "extraCaCertificates"),
      },
    };
  }
}

type Mount = NonNullable<PodArgs["mounts"]>[number];
