/** What the pods of a workload say about why it is not ready. */
import type { JsonObject } from "../../shared/values.ts";
import { at, listAt, numberAt, stringAt } from "../../shared/values.ts";
import { idOf } from "../objects.ts";
import type { Message } from "./waiting.ts";

/** Reasons that pass by themselves on every start. */
const ordinary: ReadonlySet<string> = new Set(["ContainerCreating", "PodInitializing"]);

export function podMessages(pods: readonly JsonObject[]): Message[] {
  return pods.flatMap((pod) => problemsOf(pod).map((text): Message => ["warning", `[Pod ${idOf(pod)}]: ${text}`]));
}

function problemsOf(pod: JsonObject): string[] {
  const conditions = listAt(pod, "status", "conditions");
  const failing = (type: string) =>
    conditions.find((condition) => stringAt(condition, "type") === type && stringAt(condition, "status") === "False");
  const unscheduled = failing("PodScheduled");
  if (unscheduled !== undefined) {
    return [`[${stringAt(unscheduled, "reason") ?? ""}] ${stringAt(unscheduled, "message") ?? ""}`];
  }
  const unready = failing("Ready");
  if (unready === undefined) return [];
  return [[stringAt(unready, "message") ?? "not ready", ...containerProblems(pod)].join(" -- ")];
}

function containerProblems(pod: JsonObject): string[] {
  const statuses = [...listAt(pod, "status", "initContainerStatuses"), ...listAt(pod, "status", "containerStatuses")];
  return statuses.flatMap((status) => {
    const reason = stringAt(status, "state", "waiting", "reason");
    if (reason !== undefined && !ordinary.has(reason)) {
      return [`[${reason}] ${stringAt(status, "state", "waiting", "message") ?? ""}`.trimEnd()];
    }
    const exitCode = numberAt(status, "state", "terminated", "exitCode");
    if (at(status, "state", "terminated") === undefined || exitCode === 0) return [];
    return [`container "${stringAt(status, "name") ?? ""}" completed with exit code ${exitCode ?? -1}`];
  });
}
