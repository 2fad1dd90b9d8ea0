/** When a DaemonSet counts as rolled out: the rules and sentences of kstatus (sigs.k8s.io/cli-utils). Pure. */
import type { JsonObject } from "../../shared/values.ts";
import { numberAt } from "../../shared/values.ts";
import { podMessages } from "./pods.ts";
import type { Progress } from "./waiting.ts";

export function daemonSetProgress(daemonSet: JsonObject, pods: readonly JsonObject[]): Progress {
  const missing = missingFrom(daemonSet);
  if (missing === undefined) {
    const replicas = numberAt(daemonSet, "status", "desiredNumberScheduled") ?? 0;
    return { done: true, messages: [["info", `All replicas scheduled as expected. Replicas: ${replicas}`]] };
  }
  const problems = podMessages(pods);
  return { done: false, messages: [...problems, ["info", missing]], problems: problems.map(([, text]) => text) };
}

function missingFrom(daemonSet: JsonObject): string | undefined {
  const status = (field: string) => numberAt(daemonSet, "status", field);
  const observed = status("observedGeneration");
  if (observed === undefined) return "DaemonSet status.observedGeneration not found";
  const generation = numberAt(daemonSet, "metadata", "generation") ?? observed;
  if (observed !== generation) {
    return `DaemonSet generation is ${generation}, but latest observed generation is ${observed}`;
  }
  const desired = status("desiredNumberScheduled");
  if (desired === undefined) return "Missing .status.desiredNumberScheduled";
  const steps = [
    ["Current", "currentNumberScheduled"],
    ["Updated", "updatedNumberScheduled"],
    ["Available", "numberAvailable"],
    ["Ready", "numberReady"],
  ] as const;
  for (const [label, field] of steps) {
    const count = status(field) ?? 0;
    if (count < desired) return `${label}: ${count}/${desired}`;
  }
  return undefined;
}
