import { z } from "zod";

const capabilities = z.object({ add: z.array(z.string()).default([]), drop: z.array(z.string()).default([]) });
const seccomp = z.object({ type: z.string().optional() });
const shared = {
  runAsNonRoot: z.boolean().optional(),
  runAsUser: z.number().optional(),
  seccompProfile: seccomp.optional(),
};
const container = z.object({
  name: z.string().default("?"),
  ports: z.array(z.object({ hostPort: z.number().optional() })).default([]),
  securityContext: z
    .object({
      ...shared,
      privileged: z.boolean().optional(),
      allowPrivilegeEscalation: z.boolean().optional(),
      capabilities: capabilities.optional(),
      procMount: z.string().optional(),
    })
    .prefault({}),
});
const pod = z.object({
  hostNetwork: z.boolean().optional(),
  hostPID: z.boolean().optional(),
  hostIPC: z.boolean().optional(),
  securityContext: z.object({ ...shared, sysctls: z.array(z.object({ name: z.string() })).default([]) }).prefault({}),
  volumes: z.array(z.record(z.string(), z.unknown())).default([]),
  initContainers: z.array(container).default([]),
  containers: z.array(container).default([]),
});

type Pod = z.infer<typeof pod>;
type Container = z.infer<typeof container>;

/**
 * What keeps a pod from the Pod Security Standard `restricted` (Kubernetes 1.34), one sentence each. Not judged: SELinux
 * and AppArmor options, host probes, and pods for Windows.
 */
export function restrictedProblems(spec: unknown): string[] {
  const parsed = pod.parse(spec ?? {});
  return [
    ...podProblems(parsed),
    ...[...parsed.initContainers, ...parsed.containers].flatMap((each) =>
      containerProblems(each, parsed).map((problem) => `container ${each.name}: ${problem}`),
    ),
  ];
}

const VOLUME_TYPES = new Set(
  "configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret".split(" "),
);

const SAFE_SYSCTLS = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
]);

function podProblems({ hostNetwork, hostPID, hostIPC, volumes, securityContext }: Pod): string[] {
  const problems = Object.entries({ hostNetwork, hostPID, hostIPC })
    .filter(([, on]) => on === true)
    .map(([field]) => `${field} is on`);
  for (const volume of volumes) {
    const type = Object.keys(volume).find((key) => key !== "name");
    if (type !== undefined && !VOLUME_TYPES.has(type))
      problems.push(`the volume ${String(volume["name"])} is of type ${type}`);
  }
  // Of the pod itself these are looked at even where its containers say otherwise.
  if (securityContext.runAsUser === 0) problems.push("the pod runs as user 0");
  if (securityContext.runAsNonRoot === false) problems.push("runAsNonRoot of the pod is false");
  if (securityContext.seccompProfile?.type === "Unconfined") problems.push("seccompProfile of the pod is Unconfined");
  for (const { name } of securityContext.sysctls)
    if (!SAFE_SYSCTLS.has(name)) problems.push(`the sysctl ${name} is not among the safe ones`);
  return problems;
}

function containerProblems({ securityContext: own, ports }: Container, { securityContext: ofPod }: Pod): string[] {
  const problems: string[] = [];
  if (own.privileged === true) problems.push("it is privileged");
  if (own.allowPrivilegeEscalation !== false) problems.push("allowPrivilegeEscalation is not false");
  if (!(own.runAsNonRoot ?? ofPod.runAsNonRoot ?? false)) problems.push("runAsNonRoot is not true");
  if (own.runAsUser === 0) problems.push("it runs as user 0");
  const profile = (own.seccompProfile ?? ofPod.seccompProfile)?.type;
  if (profile !== "RuntimeDefault" && profile !== "Localhost")
    problems.push("seccompProfile.type is neither RuntimeDefault nor Localhost");
  if (!(own.capabilities?.drop ?? []).includes("ALL")) problems.push("capabilities.drop lacks ALL");
  for (const added of own.capabilities?.add ?? [])
    if (added !== "NET_BIND_SERVICE") problems.push(`it adds the capability ${added}`);
  if (own.procMount !== undefined && own.procMount !== "Default") problems.push(`procMount is ${own.procMount}`);
  for (const { hostPort = 0 } of ports) if (hostPort !== 0) problems.push(`it takes the port ${hostPort} of its host`);
  return problems;
}
