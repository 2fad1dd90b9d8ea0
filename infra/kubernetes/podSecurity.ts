/** Labels by which a namespace takes pods of a Pod Security Standard's level, and says so of others. */
export function podSecurityLabels(level: "privileged" | "restricted"): Record<string, string> {
  return Object.fromEntries(["enforce", "audit", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, level]));
}

/** What `restricted` asks of a pod. The image's user is a number, so that the kubelet can tell it is not root. */
export const restrictedPod = {
  runAsNonRoot: true,
  runAsUser: 65532,
  runAsGroup: 65532,
  fsGroup: 65532,
  seccompProfile: { type: "RuntimeDefault" },
};

/** What `restricted` asks of a container, and a file system that nothing can be written to. */
export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
