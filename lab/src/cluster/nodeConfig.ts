/** The configuration files of a node, as data. Pure. */
import { join } from "node:path";
import { CGROUP_ROOT } from "../machine/cgroups.ts";
import { nodeResolverFile } from "../network/resolver.ts";
import { lan } from "../topology.ts";
import * as pki from "./pki.ts";

/** `dir` is the node's folder: everything that containerd keeps is below it. */
export function containerdConfig(dir: string, socket: string): string {
  return `version = 2
root = "${dir}/containerd"
state = "${dir}/containerd-state"
# Snapshotters that need a file system or a device that is not there.
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
  address = "${socket}"

[plugins."io.containerd.internal.v1.opt"]
  path = "${dir}/containerd-opt"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10"
  # The pods' network namespaces stay inside the node's mount namespace.
  netns_mounts_under_state_dir = true
  # Without CAP_SYS_RESOURCE a lower score cannot be set, and no sandbox would start.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${dir}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
`;
}

export function cniConfig(dir: string, number: number): unknown {
  return {
    cniVersion: "1.0.0",
    name: "lab",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isDefaultGateway: true,
        // A pod may reach itself through its own Service.
        hairpinMode: true,
        ipam: {
          type: "host-local",
          dataDir: join(dir, "cni-addresses"),
          ranges: [[{ subnet: `10.244.${number}.0/24` }], [{ subnet: `fd00:244:${number}::/64` }]],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}

export function kubeletConfig(node: string, dir: string, socket: string): unknown {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: pki.ca } },
    authorization: { mode: "Webhook" },
    tlsCertFile: pki.crt(`kubelet-${node}`),
    tlsPrivateKeyFile: pki.key(`kubelet-${node}`),
    containerRuntimeEndpoint: `unix://${socket}`,
    // Pods ask the router, as every device at home does; there is no cluster DNS. They get ndots:5 and the search domains
    // that a cluster with such DNS gives them, the node's own one at the end.
    clusterDNS: [lan.router.ipv4, lan.router.ipv6],
    clusterDomain: "cluster.local",
    resolvConf: nodeResolverFile,
    volumePluginDir: join(dir, "volume-plugins"),
    // Two kubelets share this machine's cgroups: each keeps to a tree of its own, which cgroups.ts makes.
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${CGROUP_ROOT}/${node}`,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    // The disk is the machine's: how full it is must evict no pod and delete no image that cannot be pulled again.
    evictionHard: { "memory.available": "100Mi" },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
  };
}
