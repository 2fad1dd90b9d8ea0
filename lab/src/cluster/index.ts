/** A Kubernetes of two nodes, or one, both IP families, with the control plane on node1. */
import { setTimeout as sleep } from "node:timers/promises";
import { ensureCgroup } from "../machine/cgroups.ts";
import { LabError, messageOf } from "../errors.ts";
import { chosenKubernetes } from "./kubernetes.ts";
import { ensureRunning } from "../machine/processes.ts";
import { clusterNodes } from "../settings.ts";
import type { Step } from "../machine/steps.ts";
import { saveKernelTunables } from "../machine/tunables.ts";
import { apiServer, controllers, etcd } from "./controlPlane.ts";
import { writeKubeconfigs } from "./kubeconfig.ts";
import { kubectl } from "./kubectl.ts";
import { ensureMountNamespaceDir } from "./mountNamespace.ts";
import { prepareNode, type NodeServices } from "./node.ts";
import { dismissOthers } from "./leaving.ts";
import { ensurePki } from "./pki.ts";

/** Certificates and configuration of the whole cluster; nothing runs yet. */
export async function prepareCluster(): Promise<NodeServices[]> {
  await ensurePki();
  await Promise.all([writeKubeconfigs(), ensureMountNamespaceDir()]);
  const kubernetes = await chosenKubernetes();
  return Promise.all((await clusterNodes()).map((node, i) => prepareNode(node, i + 1, kubernetes)));
}

export async function startControlPlane(step: Step): Promise<void> {
  await ensureRunning([etcd()], step);
  const kubernetes = await chosenKubernetes();
  await ensureRunning([apiServer(kubernetes)], step);
  await ensureRunning(controllers(kubernetes), step);
}

export async function startContainerds(services: readonly NodeServices[], step: Step): Promise<void> {
  await ensureRunning(
    services.map(({ containerd }) => containerd),
    step,
  );
}

/** Needs the control plane and containerd; resolves when every node is Ready. */
export async function startNodes(services: readonly NodeServices[], step: Step): Promise<void> {
  await saveKernelTunables();
  await dismissOthers(step);
  for (const { name } of await clusterNodes()) ensureCgroup(name);
  await ensureRunning(
    services.flatMap(({ kubelet, kubeProxy }) => [kubelet, kubeProxy]),
    step,
  );
  await nodesReady(step);
}

const NODES_READY_MS = 90_000;

async function nodesReady(step: Step): Promise<void> {
  const deadlineMs = performance.now() + NODES_READY_MS;
  const names = (await clusterNodes()).map(({ name }) => name);
  for (;;) {
    const objects = names.map((name) => `node/${name}`);
    const problem = await kubectl("wait", "--for=condition=Ready", "--timeout=4s", ...objects).then(
      () => undefined,
      (error: unknown) => messageOf(error),
    );
    if (problem === undefined) break;
    if (performance.now() > deadlineMs) {
      throw new LabError(`Not all nodes are Ready: ${problem}`, {
        hint: "npm run lab -- kubectl describe nodes, npm run lab -- logs kubelet-node1",
      });
    }
    await sleep(200);
  }
  step.progress(`Ready: ${names.join(" and ")}`);
}
