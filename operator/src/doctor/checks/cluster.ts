/** Checks of the cluster and of the operator in it. */
import type { Facts } from "../read/facts.ts";
import { describe, isReady } from "../read/pods.ts";
import { type DoctorFinding, ok, unread, warn, wrong } from "../finding.ts";

/** Minor versions of Kubernetes 1 on which the stack has been tested. Older ones lack ValidatingAdmissionPolicy v1. */
const KUBERNETES = { oldest: 30, others: [34], newest: 36 } as const;

export function kubernetes({ version }: Facts): DoctorFinding {
  if (!version.read) return wrong(version.why, "Is KUBECONFIG right, and does the cluster answer? kubectl version");
  const minor = Number(/^v?1\.(\d+)/.exec(version.value)?.[1]);
  const saw = `Kubernetes ${version.value}`;
  const { oldest, others, newest } = KUBERNETES;
  const tried: readonly number[] = [oldest, ...others, newest];
  if (minor < oldest) return wrong(saw, `It is too old: the admission policy of the stack needs 1.${oldest}.`);
  if (tried.includes(minor)) return ok(saw);
  return ok(`${saw}; the stack was tried on ${tried.map((each) => `1.${each}`).join(", ")}`);
}

export function operatorPods({ ownPods, namespace, nodes }: Facts): DoctorFinding {
  if (!ownPods.read) return unread(ownPods);
  const pods = ownPods.value.filter(({ metadata }) => metadata.labels["app"] === "esddns-operator");
  const todo = `kubectl describe pods -n ${namespace} -l app=esddns-operator; kubectl logs -n ${namespace} -l app=esddns-operator`;
  if (pods.length === 0)
    return wrong(
      `no operator pod in ${namespace}`,
      "Has pulumi up run to its end? Is the namespace right? npm run doctor -- NAMESPACE",
    );
  const bad = pods.filter((pod) => !isReady(pod));
  if (bad.length > 0) return wrong(`not ready: ${bad.map(describe).join(", ")}`, todo);
  const restless = pods.filter(({ status }) => status.containerStatuses.some(({ restartCount }) => restartCount > 3));
  if (restless.length > 0) return warn(`ready, but: ${restless.map(describe).join(", ")}`, `${todo} --previous`);
  return ok(`${pods.length} pods on ${nodes.read ? nodes.value.length : "?"} nodes are ready`);
}
