/**
 * An API server on loopback that takes every object and says of each that all is well: enough for `pulumi up` where the
 * question is what Pulumi stores, and not what a cluster does.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: object };
  readonly [field: string]: unknown;
}

export interface FakeCluster {
  /** The content of a kubeconfig. */
  readonly kubeconfig: string;
  close(): Promise<void>;
}

/** `status`: of an object. `credential`: a token that the kubeconfig holds. */
export async function fakeCluster(
  status: (object: KubernetesObject) => object | undefined,
  credential: string,
): Promise<FakeCluster> {
  const objects = new Map<string, KubernetesObject>();
  const answer = async (method: string, path: string, body: () => Promise<unknown>): Promise<[number, unknown]> => {
    if (path === "/version") return [200, { major: "1", minor: "34", gitVersion: "v1.34.0" }];
    if (/^\/api\/v1$|^\/apis\/[^/]+\/[^/]+$/.test(path)) return [200, { resources: served() }];
    if (method === "DELETE") objects.delete(path);
    if (method === "PATCH" || method === "POST") {
      const written = (await body()) as KubernetesObject;
      const at = method === "PATCH" ? path : `${path}/${written.metadata.name}`;
      const annotations = { ...written.metadata.annotations, "deployment.kubernetes.io/revision": "1" };
      const metadata = { ...written.metadata, annotations, uid: UID, resourceVersion: "1", generation: 1 };
      objects.set(at, { ...written, metadata, status: status(written) });
      return [200, objects.get(at)];
    }
    const found = objects.get(path);
    if (found !== undefined || method === "DELETE") return [200, found ?? {}];
    const last = path.split("/").at(-1) ?? "";
    if (last === "replicasets") return [200, { items: [REPLICA_SET] }];
    if (KINDS.some(([plural]) => plural === last)) return [200, { items: [] }];
    return [404, { kind: "Status", code: 404, reason: "NotFound", message: `${path} not found` }];
  };
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://fake").pathname;
    void answer(request.method ?? "GET", path, () => json(request)).then(([code, body]) => {
      response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    kubeconfig: kubeconfig(`http://127.0.0.1:${port}`, credential),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}

/** Every path serves them all: the client looks for the one that it wants. */
function served(): object[] {
  return KINDS.map(([name, kind, namespaced = true]) => ({ name, kind, namespaced }));
}

const KINDS: readonly (readonly [plural: string, kind: string, namespaced?: boolean])[] = [
  ["namespaces", "Namespace", false],
  ["serviceaccounts", "ServiceAccount"],
  ["roles", "Role"],
  ["rolebindings", "RoleBinding"],
  ["clusterroles", "ClusterRole", false],
  ["clusterrolebindings", "ClusterRoleBinding", false],
  ["networkpolicies", "NetworkPolicy"],
  ["ingresses", "Ingress"],
  ["validatingadmissionpolicies", "ValidatingAdmissionPolicy", false],
  ["validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", false],
  ["poddisruptionbudgets", "PodDisruptionBudget"],
  ["customresourcedefinitions", "CustomResourceDefinition", false],
  ["secrets", "Secret"],
  ["configmaps", "ConfigMap"],
  ["services", "Service"],
  ["daemonsets", "DaemonSet"],
  ["deployments", "Deployment"],
  ["replicasets", "ReplicaSet"],
  ["pods", "Pod"],
  ["ipaddresspools", "IPAddressPool"],
  ["l2advertisements", "L2Advertisement"],
  ["bgppeers", "BGPPeer"],
  ["bgpadvertisements", "BGPAdvertisement"],
  ["bfdprofiles", "BFDProfile"],
  ["wanaddresses", "WanAddress"],
  ["dnsrecords", "DnsRecord"],
  ["podmonitors", "PodMonitor"],
  ["prometheusrules", "PrometheusRule"],
];

const UID = "3c0f6d2e-0000-4000-8000-000000000000";

const REPLICA_SET = {
  metadata: {
    name: "page",
    annotations: { "deployment.kubernetes.io/revision": "1" },
    ownerReferences: [{ uid: UID }],
  },
  spec: { replicas: 2 },
  status: { readyReplicas: 2 },
};

function kubeconfig(server: string, credential: string): string {
  const named = (kind: string, value: object) => [{ name: "fake", [kind]: value }];
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "fake",
    clusters: named("cluster", { server, "insecure-skip-tls-verify": true }),
    users: named("user", { token: credential }),
    contexts: named("context", { cluster: "fake", user: "fake" }),
  });
}
