/** Kubeconfigs, complete in themselves: with the certificates inside, not beside them. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nodes } from "../network/hosts.ts";
import { stateDir } from "../paths.ts";
import { lan } from "../topology.ts";
import { ca, crt, key } from "./pki.ts";

const API_SERVER = `https://${lan.node1.ipv4}:6443`;

/** The administrator's: what `kubectl` and `pulumi` use. */
export const adminKubeconfig = join(stateDir, "kubeconfig");

/**
 * What kubectl and helm need to know. What they remember of the API is kept with the cluster: in the home folder it
 * would be taken for that of the next cluster at the same address.
 */
export const kubeEnvironment = { KUBECONFIG: adminKubeconfig, KUBECACHEDIR: join(stateDir, "kube-cache") } as const;

/** That of a component, by the name of its certificate. */
export const kubeconfigOf = (certificate: string): string => join(stateDir, "kubeconfigs", certificate);

export async function writeKubeconfigs(): Promise<void> {
  await mkdir(join(stateDir, "kubeconfigs"), { recursive: true, mode: 0o700 });
  const components = ["kube-controller-manager", "kube-scheduler", "kube-proxy"];
  const kubelets = nodes.map((node) => `kubelet-${node.name}`);
  await Promise.all([
    write(adminKubeconfig, "admin"),
    ...[...components, ...kubelets].map((name) => write(kubeconfigOf(name), name)),
  ]);
}

async function write(file: string, certificate: string): Promise<void> {
  const base64 = async (path: string) => readFile(path, "base64");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "lab", cluster: { server: API_SERVER, "certificate-authority-data": await base64(ca) } }],
    users: [
      {
        name: certificate,
        user: {
          "client-certificate-data": await base64(crt(certificate)),
          "client-key-data": await base64(key(certificate)),
        },
      },
    ],
    contexts: [{ name: "lab", context: { cluster: "lab", user: certificate } }],
    "current-context": "lab",
  };
  await writeFile(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}
