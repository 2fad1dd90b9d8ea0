/** What the operator's pods ask of the Kubernetes API, by their own count. */
import { kubectl } from "@esddns/lab";
import { kubeJson, namespace } from "./lab.ts";

interface Pod {
  readonly name: string;
}

export async function operatorPods(): Promise<Pod[]> {
  const { items } = await kubeJson<{ items: { metadata: { name: string } }[] }>(
    ...["get", "pods", "-n", namespace, "-l", "app=esddns-operator"],
  );
  return items.map(({ metadata }) => metadata);
}

/** `verb resource` → requests since the pod's start. */
export async function requestsOf({ name }: Pod): Promise<Map<string, number>> {
  const text = await kubectl("get", "--raw", `/api/v1/namespaces/${namespace}/pods/${name}:8080/proxy/metrics`);
  const line = /^esddns_kubernetes_requests_total\{verb="(\w+)",resource="(\w+)"\} (\d+)$/gm;
  return new Map(
    [...text.matchAll(line)].map(([, verb = "", resource = "", count]) => [`${verb} ${resource}`, Number(count)]),
  );
}
