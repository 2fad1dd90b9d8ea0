/** Builds the pod of either command of the image: `operator` on every node, `status` for the page. Pure. */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { LoadedConfig } from "../config/load.ts";
import { restrictedContainer, restrictedPod } from "../kubernetes/podSecurity.ts";
import { CONTROL_PLANE } from "../kubernetes/tolerations.ts";
import { HEALTH_PORT, HTTP_PORT, PUSH_PORT } from "../names.ts";

export interface PodArgs {
  readonly command: "operator" | "status";
  readonly image: pulumi.Input<string>;
  readonly serviceAccountName: pulumi.Input<string>;
  readonly tolerateControlPlane: boolean;
  /** Whether the pod uses the node's own network. It then also listens on the node's ports. */
  readonly hostNetwork?: boolean;
  /** Whether the pod accepts POST /probe. */
  readonly push?: boolean;
  readonly env?: readonly k8s.types.input.core.v1.EnvVar[];
  /** Files from Secrets and ConfigMaps, each with the folder to mount it at. */
  readonly mounts?: readonly {
    readonly path: string;
    readonly volume: k8s.types.input.core.v1.Volume & { name: string };
  }[];
}

export function podSpec(args: PodArgs): k8s.types.input.core.v1.PodSpec {
  const mounts = args.mounts ?? [];
  return {
    serviceAccountName: args.serviceAccountName,
    // Otherwise every Service of the namespace becomes an environment variable: esddns-push becomes ESDDNS_PUSH_PORT,
    // which is the name of a setting.
    enableServiceLinks: false,
    securityContext: restrictedPod,
    ...(args.tolerateControlPlane ? { tolerations: [CONTROL_PLANE] } : {}),
    // On the host's network too, use the cluster's name servers.
    ...(args.hostNetwork === true ? { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" } : {}),
    // With the usual ndots:5, api.gandi.net is looked up in the node's search domains first, and the user's own
    // wildcard record may answer there. Names such as ntfy.default.svc are still found: the search domains come after
    // the name itself.
    dnsConfig: { options: [{ name: "ndots", value: "1" }] },
    containers: [
      {
        name: args.command,
        image: args.image,
        args: [args.command],
        env: [...identity, ...(args.env ?? [])],
        ports: [
          { name: "http", containerPort: HTTP_PORT, protocol: "TCP" },
          ...(args.push === true ? [{ name: "push", containerPort: PUSH_PORT, protocol: "TCP" }] : []),
          { name: "health", containerPort: HEALTH_PORT, protocol: "TCP" },
        ],
        startupProbe: { httpGet: { path: "/healthz", port: "health" }, periodSeconds: 2, failureThreshold: 30 },
        livenessProbe: { httpGet: { path: "/healthz", port: "health" }, periodSeconds: 10, failureThreshold: 3 },
        readinessProbe: { httpGet: { path: "/readyz", port: "health" }, periodSeconds: 5, failureThreshold: 3 },
        // About 70 MiB resident. The greater part is Node's own file, mapped (npm run bench:rest).
        resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "192Mi" } },
        securityContext: restrictedContainer,
        ...(mounts.length === 0
          ? {}
          : {
              volumeMounts: mounts.map(({ path, volume }) => ({ name: volume.name, mountPath: path, readOnly: true })),
            }),
      },
    ],
    ...(mounts.length === 0 ? {} : { volumes: mounts.map(({ volume }) => volume) }),
  };
}

/** Returns when Gandi's token expires, if that is known. */
export function expiryEnv({
  gandiTokenExpires: date,
  guard,
}: Pick<LoadedConfig, "gandiTokenExpires" | "guard">): k8s.types.input.core.v1.EnvVar[] {
  if (date === undefined) return [];
  return [{ name: "ESDDNS_GANDI_TOKEN_EXPIRES", value: guard.value(date, "gandiTokenExpires") }];
}

const identity = [
  fieldEnv("POD_NAMESPACE", "metadata.namespace"),
  fieldEnv("POD_NAME", "metadata.name"),
  fieldEnv("POD_UID", "metadata.uid"),
  fieldEnv("NODE_NAME", "spec.nodeName"),
];

function fieldEnv(name: string, fieldPath: string): k8s.types.input.core.v1.EnvVar {
  // Write the default apiVersion: server-side apply compares a fieldRef as a whole.
  return { name, valueFrom: { fieldRef: { apiVersion: "v1", fieldPath } } };
}
