/** When a Deployment counts as rolled out. Pure. */
import type { JsonObject } from "../../shared/values.ts";
import { listAt, numberAt, stringAt } from "../../shared/values.ts";
import { annotationOf } from "../objects.ts";
import { podMessages } from "./pods.ts";
import type { Message, Progress } from "./waiting.ts";

const revision = "deployment.kubernetes.io/revision";

export function deploymentProgress(
  deployment: JsonObject,
  replicaSets: readonly JsonObject[],
  pods: readonly JsonObject[],
): Progress {
  const current = annotationOf(deployment, revision);
  const observed = numberAt(deployment, "status", "observedGeneration");
  if (current === undefined || observed !== numberAt(deployment, "metadata", "generation")) {
    return { done: false, messages: [] };
  }
  const available = condition(deployment, "Available");
  const progressing = condition(deployment, "Progressing");
  // A first revision is not a rollout, so there is nothing that "progressed".
  const rolledOut =
    current === "1" || (progressing?.status === "True" && progressing.reason === "NewReplicaSetAvailable");
  const replicas = replicaSetMessages(replicaSets.find((set) => annotationOf(set, revision) === current));
  if (available?.status === "True" && rolledOut && replicas.length === 0) {
    return { done: true, messages: [["info", "Deployment initialization complete"]] };
  }
  const errors = [available, progressing].flatMap((failed) => (failed?.status === "False" ? [warning(failed)] : []));
  const messages = [...errors, ...podMessages(pods), ...replicas];
  return {
    done: false,
    messages,
    problems: messages.filter(([severity]) => severity !== "info").map(([, text]) => text),
  };
}

interface Condition {
  readonly status: string | undefined;
  readonly reason: string | undefined;
  readonly message: string | undefined;
}

function condition(object: JsonObject, type: string): Condition | undefined {
  const found = listAt(object, "status", "conditions").find((candidate) => stringAt(candidate, "type") === type);
  if (found === undefined) return undefined;
  const field = (name: string) => stringAt(found, name);
  return { status: field("status"), reason: field("reason"), message: field("message") };
}

function warning({ reason, message }: Condition): Message {
  return ["warning", `[${reason ?? ""}] ${message ?? ""}`];
}

/** Empty when the replica set has all its replicas. */
function replicaSetMessages(replicaSet: JsonObject | undefined): Message[] {
  const wanted = numberAt(replicaSet, "spec", "replicas") ?? 1;
  const ready = numberAt(replicaSet, "status", "readyReplicas") ?? 0;
  if (replicaSet !== undefined && ready >= wanted) return [];
  return [["info", `Waiting for app ReplicaSet to be available (${ready}/${wanted} Pods available)`]];
}
