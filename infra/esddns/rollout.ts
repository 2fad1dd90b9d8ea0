/** How a change reaches the operator's pods, and what is reported when it does not. */
import { conditionOf, isTrue, listOf, node, pod, type Pod } from "@esddns/common/cluster";
import * as pulumi from "@pulumi/pulumi";
import type * as k8s from "@pulumi/kubernetes";
import type { Messages } from "../config/messages.ts";
import type { Cluster } from "../kubernetes/cluster.ts";
import { configuredCluster } from "../kubernetes/provider.ts";

type UpdateStrategy = k8s.types.input.apps.v1.DaemonSetUpdateStrategy;

/**
 * More than the nodes of any cluster. A number and not 100%: Kubernetes takes the share from the nodes that take pods,
 * but counts the pod of a dead node as unavailable. With two nodes, one of them dead, 100% leaves no pod to replace.
 */
const EVERY_NODE = 1000;

/**
 * Returns how the DaemonSet replaces its pods. The new pod of a node starts beside the old one, which stays until the
 * new one is ready. So a pod that cannot start removes no working one, and a dead node delays no other node. On the
 * host's network both would need the same port: there the old pod is removed first, on all nodes at once.
 */
export function updateStrategy(hostNetwork: boolean): UpdateStrategy {
  const rollingUpdate = hostNetwork
    ? { maxSurge: 0, maxUnavailable: EVERY_NODE }
    : { maxSurge: EVERY_NODE, maxUnavailable: 0 };
  return { type: "RollingUpdate", rollingUpdate };
}

/**
 * Returns a hook that runs when the provider has waited in vain. It reports which pods are not ready, on which nodes,
 * and why. It never asks for another attempt.
 */
export function rolloutDiagnosis(name: string, namespace: string, app: string, messages: Messages): pulumi.ErrorHook {
  return new pulumi.ErrorHook(name, async () => {
    if (pulumi.runtime.isDryRun()) return false;
    const pods = await unreadyPods(configuredCluster(), namespace, app);
    if (pods.length > 0) await messages.error(diagnosis(pods, namespace));
    return false;
  });
}

/** A pod that is not ready, on a node that is. */
export interface UnreadyPod {
  readonly name: string;
  /** Undefined if the pod has no node yet. */
  readonly node: string | undefined;
  readonly reason: string;
}

/** Reads the pods of an app that should be ready and are not. A pod on a node that is not Ready is left out. */
export async function unreadyPods(
  cluster: Pick<Cluster, "get">,
  namespace: string,
  app: string,
): Promise<readonly UnreadyPod[]> {
  const [pods, nodes] = await Promise.all([
    cluster.get(`/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${app}`, listOf(pod)),
    cluster.get("/api/v1/nodes", listOf(node)),
  ]);
  if (!pods.read) return [];
  const dead = new Set(
    nodes.read
      ? nodes.value.items.filter((node) => !isTrue(node.status, "Ready")).map(({ metadata }) => metadata.name)
      : [],
  );
  return pods.value.items
    .filter((pod) => pod.metadata.deletionTimestamp === undefined && !isTrue(pod.status, "Ready"))
    .filter(({ spec }) => spec.nodeName === undefined || !dead.has(spec.nodeName))
    .map((pod) => ({ name: pod.metadata.name, node: pod.spec.nodeName, reason: reasonOf(pod) }));
}

function diagnosis(pods: readonly UnreadyPod[], namespace: string): string {
  const [first] = pods;
  return [
    "These pods do not get ready:",
    ...pods.map(({ name, node, reason }) => `  ${name} on ${node ?? "no node"}: ${reason}`),
    `Look at: kubectl describe pod -n ${namespace} ${first?.name ?? ""}`,
  ].join("\n");
}

/** Returns the container's own reason first, then that of the last run, of scheduling, or of readiness. */
function reasonOf({ status }: Pod): string {
  const [container] = status.containerStatuses;
  const { waiting, terminated } = container?.state ?? {};
  const last = container?.lastState.terminated;
  const ended = last === undefined ? undefined : `the last run ended with ${last.reason}, exit code ${last.exitCode}`;
  if (waiting !== undefined) return sentence(waiting.reason, waiting.message, ended);
  if (terminated !== undefined) return sentence(terminated.reason, `exit code ${terminated.exitCode}`);
  const missing = ["PodScheduled", "Ready"]
    .map((type) => conditionOf(status, type))
    .find((condition) => condition?.status === "False");
  return sentence(missing?.reason ?? "NotReady", missing?.message, ended);
}

function sentence(reason: string, ...details: readonly (string | undefined)[]): string {
  const known = details.filter((detail) => detail !== undefined && detail !== "");
  return known.length === 0 ? reason : `${reason} (${known.join("; ")})`;
}
