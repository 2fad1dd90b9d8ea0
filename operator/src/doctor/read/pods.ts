/** Describes pods, and which part of MetalLB one is. Pure. */
import { isTrue, type Pod } from "@esddns/common/cluster";
import type { Facts } from "./facts.ts";

type Part = "controller" | "speaker";

/** The label of the plain manifests, which this stack's release also has, or that of the chart only. */
const PART_LABELS = ["component", "app.kubernetes.io/component"] as const;

export function isPartOf({ metadata }: Pod, part: Part): boolean {
  return PART_LABELS.some((label) => metadata.labels[label] === part);
}

/** Returns the command that prints a part's logs, with a label that its pods have. */
export function logsOf(
  part: Part,
  { metallbPods: pods, metallbNamespace: ns }: Pick<Facts, "metallbPods" | "metallbNamespace">,
): string {
  const found = pods.read ? pods.value.find((pod) => isPartOf(pod, part)) : undefined;
  const label = PART_LABELS.find((each) => found?.metadata.labels[each] === part) ?? PART_LABELS[0];
  return `kubectl logs -n ${ns} -l ${label}=${part}`;
}

export function isReady({ status }: Pod): boolean {
  return status.phase === "Succeeded" || isTrue(status, "Ready");
}

export function describe({ metadata, status }: Pod): string {
  const waiting = status.containerStatuses.flatMap(({ state }) => state.waiting?.reason ?? []);
  const restarts = Math.max(0, ...status.containerStatuses.map(({ restartCount }) => restartCount));
  return `${metadata.name} ${waiting[0] ?? status.phase}${restarts > 0 ? `, ${restarts} restarts` : ""}`;
}
