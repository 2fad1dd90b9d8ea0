/** Installs this project's custom resource definitions if no stack has installed them. */
import { anyObject } from "@esddns/common/cluster";
import { crds } from "@esddns/common/api";
import type { Cluster } from "../../kubernetes/cluster.ts";
import { isStackManager } from "../../kubernetes/fieldManager.ts";
import { say } from "../terminal.ts";

/**
 * Writes the definitions that belong to no stack, at every deploy in this version. They are missing beside a MetalLB
 * that no stack installed. Definitions of a stack are left for that stack to update.
 */
export async function needDefinitions(cluster: Pick<Cluster, "get" | "kubectl">): Promise<void> {
  const [first] = crds;
  const there = await cluster.get(`${CRDS_PATH}/${first?.metadata.name ?? ""}`, anyObject);
  if (!there.read && there.reason !== "NotFound") throw new Error(there.why);
  const managers = there.read ? there.value.metadata.managedFields.map(({ manager }) => manager) : [];
  if (there.read && (managers.some(isStackManager) || !managers.includes(MANAGER))) return;
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: crds });
  const apply = ["apply", "--server-side", `--field-manager=${MANAGER}`, "--filename=-"];
  const { status, stderr } = await cluster.kubectl(apply, input);
  if (status !== 0) throw new Error(`kubectl apply: ${stderr.trim()}`);
  say("✓ the custom resource definitions, which no stack owns");
}

const MANAGER = "esddns-definitions";
const CRDS_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
