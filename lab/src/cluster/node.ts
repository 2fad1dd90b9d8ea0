/** What runs on a node: containerd, kubelet and kube-proxy, with everything that they read and write kept apart. */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { POD_IPV4, POD_IPV6 } from "../network/address.ts";
import { stateDir } from "../paths.ts";
import type { Pinned } from "../toolchain/pinned.ts";
import { httpOk } from "../machine/probe.ts";
import { run } from "../machine/run.ts";
import type { Service } from "../machine/service.ts";
import type { Host } from "../topology.ts";
import { cniConfig, containerdConfig, kubeletConfig } from "./nodeConfig.ts";
import { kubeconfigOf } from "./kubeconfig.ts";
import { ensureMountNamespace, inMountNamespace } from "./mountNamespace.ts";

/** Everything that a node reads and writes is below it. */
export const nodeDir = (node: string): string => join(stateDir, node);

/** Where `ctr` and the image builder reach a node's containerd. */
export function containerdSocket(node: string): string {
  return join(nodeDir(node), "containerd.sock");
}

export interface NodeServices {
  readonly containerd: Service;
  readonly kubelet: Service;
  readonly kubeProxy: Service;
}

/** Writes the node's configuration. `number` is its place in the pods' address plan: 10.244.N.0/24. */
export async function prepareNode(node: Host, number: number, kubernetes: Pinned): Promise<NodeServices> {
  const dir = nodeDir(node.name);
  await mkdir(join(dir, "cni"), { recursive: true });
  await ensureMountNamespace(node.name);
  const containerd = containerdConfig(dir, containerdSocket(node.name));
  const kubelet = stringify(kubeletConfig(node.name, dir, containerdSocket(node.name)));
  const cni = JSON.stringify(cniConfig(dir, number), null, 2);
  await Promise.all([
    writeFile(join(dir, "containerd.toml"), containerd),
    writeFile(join(dir, "kubelet.yaml"), kubelet),
    writeFile(join(dir, "cni", "10-lab.conflist"), cni),
  ]);
  return {
    containerd: containerdService(node, dir, containerd),
    kubelet: kubeletService(node, dir, kubelet, kubernetes),
    kubeProxy: kubeProxyService(node, kubernetes),
  };
}

/** A changed configuration changes the service, so that the next `up` restarts it. */
function configOf(text: string): Record<string, string> {
  return { ESDDNS_LAB_CONFIG: createHash("sha256").update(text).digest("hex") };
}

function containerdService(node: Host, dir: string, config: string): Service {
  const socket = containerdSocket(node.name);
  return {
    name: `containerd-${node.name}`,
    host: node.name,
    command: [...inMountNamespace(node.name), "containerd", `--config=${join(dir, "containerd.toml")}`],
    env: configOf(config),
    ready: async () => {
      await run(["ctr", "--address", socket, "--connect-timeout", "2s", "version"], { timeoutMs: 5_000 });
    },
  };
}

function kubeletService(node: Host, dir: string, config: string, { binary }: Pinned): Service {
  return {
    name: `kubelet-${node.name}`,
    host: node.name,
    command: [
      ...inMountNamespace(node.name),
      binary("kubelet"),
      `--config=${join(dir, "kubelet.yaml")}`,
      `--kubeconfig=${kubeconfigOf(`kubelet-${node.name}`)}`,
      `--hostname-override=${node.name}`,
      `--node-ip=${node.ipv4},${node.ipv6}`,
    ],
    env: configOf(config),
    ready: () => httpOk(node.name, "http://127.0.0.1:10248/healthz"),
    readySeconds: 60,
  };
}

function kubeProxyService(node: Host, { binary }: Pinned): Service {
  return {
    name: `kube-proxy-${node.name}`,
    host: node.name,
    command: [
      binary("kube-proxy"),
      `--kubeconfig=${kubeconfigOf("kube-proxy")}`,
      `--hostname-override=${node.name}`,
      "--proxy-mode=iptables",
      `--cluster-cidr=${POD_IPV4},${POD_IPV6}`,
      // 0 leaves alone what only the machine's own network namespace may set.
      "--conntrack-max-per-core=0",
      "--conntrack-min=0",
      "--conntrack-tcp-timeout-established=0",
      "--conntrack-tcp-timeout-close-wait=0",
    ],
    ready: () => httpOk(node.name, "http://127.0.0.1:10256/healthz"),
    readySeconds: 60,
  };
}
