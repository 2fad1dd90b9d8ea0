/** Returns the labels that make a namespace enforce a Pod Security Standard level, and warn about other pods. */
export function podSecurityLabels(level: "privileged" | "restricted"): Record<string, string> {
  return Object.fromEntries(["enforce", "audit", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, level]));
}

/**
 * The settings that `restricted` requires of a pod. The image's user is a number, so that the kubelet can check that it
 * is not root.
 */
export const restrictedPod = {
  runAsNonRoot: true,
  runAsUser: 65532,
  runAsGroup: 65532,
  fsGroup: 65532,
  seccompProfile: { type: "RuntimeDefault" },
};

/** The settings that `restricted` requires of a container, and a read-only file system. */
export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
