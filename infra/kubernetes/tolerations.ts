/** Tolerates the taint that kubeadm and others put on the nodes of the control plane. */
export const CONTROL_PLANE = { key: "node-role.kubernetes.io/control-plane", operator: "Exists", effect: "NoSchedule" };
