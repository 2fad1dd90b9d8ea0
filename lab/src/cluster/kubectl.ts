/** kubectl as the lab itself uses it: on node1, with a limit on how long it may take. */
import { chosenKubernetes } from "./kubernetes.ts";
import { onHost, run } from "../machine/run.ts";
import { lan } from "../topology.ts";
import { kubeEnvironment } from "./kubeconfig.ts";

/** @throws {LabError} with kubectl's own words when it fails. */
export async function kubectl(...args: string[]): Promise<string> {
  const { binary } = await chosenKubernetes();
  const argv = [binary("kubectl"), "--request-timeout=5s", ...args];
  return run(onHost(lan.node1.name, argv), { env: kubeEnvironment, timeoutMs: 10_000 });
}
