/** etcd, API server, controller manager and scheduler, all on node1. */
import { join } from "node:path";
import { POD_IPV4, POD_IPV6, SERVICE_IPV4, SERVICE_IPV6 } from "../network/address.ts";
import type { Pinned } from "../toolchain/pinned.ts";
import { stateDir } from "../paths.ts";
import { httpOk } from "../machine/probe.ts";
import type { Service } from "../machine/service.ts";
import { lan } from "../topology.ts";
import { kubeconfigOf } from "./kubeconfig.ts";
import { kubectl } from "./kubectl.ts";
import * as pki from "./pki.ts";

const host = lan.node1.name;
const ETCD = "http://127.0.0.1:2379";
const ETCD_PEER = "http://127.0.0.1:2380";

export const API_SERVER = "kube-apiserver";

export function etcd(): Service {
  return {
    name: "etcd",
    host,
    command: [
      "etcd",
      "--name=lab",
      `--data-dir=${join(stateDir, "etcd")}`,
      `--listen-client-urls=${ETCD}`,
      `--advertise-client-urls=${ETCD}`,
      `--listen-peer-urls=${ETCD_PEER}`,
      `--initial-advertise-peer-urls=${ETCD_PEER}`,
      `--initial-cluster=lab=${ETCD_PEER}`,
      // Survives the death of the process, which is all that the lab's store has to survive.
      "--unsafe-no-fsync",
      "--logger=zap",
      "--log-level=warn",
    ],
    ready: () => httpOk(host, `${ETCD}/health`),
  };
}

export function apiServer({ binary }: Pinned): Service {
  return {
    name: API_SERVER,
    host,
    command: [
      binary("kube-apiserver"),
      `--advertise-address=${lan.node1.ipv4}`,
      "--secure-port=6443",
      `--etcd-servers=${ETCD}`,
      `--client-ca-file=${pki.ca}`,
      `--tls-cert-file=${pki.crt("kube-apiserver")}`,
      `--tls-private-key-file=${pki.key("kube-apiserver")}`,
      `--kubelet-certificate-authority=${pki.ca}`,
      `--kubelet-client-certificate=${pki.crt("kube-apiserver-kubelet-client")}`,
      `--kubelet-client-key=${pki.key("kube-apiserver-kubelet-client")}`,
      // The nodes' names are known to nobody's resolver.
      "--kubelet-preferred-address-types=InternalIP",
      "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
      `--service-account-key-file=${pki.serviceAccountPublicKey}`,
      `--service-account-signing-key-file=${pki.serviceAccountKey}`,
      `--service-cluster-ip-range=${SERVICE_IPV4},${SERVICE_IPV6}`,
      "--authorization-mode=Node,RBAC",
      "--enable-admission-plugins=NodeRestriction",
      "--allow-privileged=true",
    ],
    ready: async () => {
      await kubectl("get", "--raw=/readyz");
    },
    readySeconds: 60,
  };
}

export function controllers({ binary }: Pinned): Service[] {
  return [
    {
      name: "kube-controller-manager",
      host,
      command: [
        binary("kube-controller-manager"),
        `--kubeconfig=${kubeconfigOf("kube-controller-manager")}`,
        "--bind-address=127.0.0.1",
        // There is one of each: waiting for a dead one's lease would only delay a restart.
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        `--root-ca-file=${pki.ca}`,
        // By default it makes a folder in the machine's /usr.
        `--flex-volume-plugin-dir=${join(stateDir, "volume-plugins")}`,
        `--service-account-private-key-file=${pki.serviceAccountKey}`,
        `--cluster-signing-cert-file=${pki.ca}`,
        `--cluster-signing-key-file=${pki.caKey}`,
        // Each node's pod range is fixed in its CNI configuration.
        "--allocate-node-cidrs=false",
        `--cluster-cidr=${POD_IPV4},${POD_IPV6}`,
        `--service-cluster-ip-range=${SERVICE_IPV4},${SERVICE_IPV6}`,
      ],
      ready: () => httpOk(host, "https://127.0.0.1:10257/healthz"),
    },
    {
      name: "kube-scheduler",
      host,
      command: [
        binary("kube-scheduler"),
        `--kubeconfig=${kubeconfigOf("kube-scheduler")}`,
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
      ],
      ready: () => httpOk(host, "https://127.0.0.1:10259/healthz"),
    },
  ];
}
