/**
 * `node esddns.cjs doctor` in a pod of the page: the same checks, limited to what that pod may read. Exit status 1:
 * something is wrong.
 */
import { systemClock } from "../runtime/clock.ts";
import type { DoctorConfig } from "../config.ts";
import { inClusterServer } from "../kube/server.ts";
import { examine } from "./checks/checks.ts";
import { podGet } from "./read/get.ts";
import { readFacts } from "./read/reads.ts";
import { printReport } from "./report/report.ts";

export async function doctorInPod({ namespace, kube, environment }: DoctorConfig): Promise<number> {
  const get = podGet(await inClusterServer(kube, systemClock));
  const lines = examine(await readFacts({ place: "pod", get, namespace, environment }, systemClock.now()));
  process.stdout.write(printReport(namespace, lines));
  return lines.some(({ state }) => state === "wrong") ? 1 : 0;
}
