/** Checks what the nodes permit: which may announce addresses, and where pods may run. Pure. */
import { EXCLUDE_LABEL } from "@esddns/common/cluster";
import { didYouMean, formatPath, quote, type KeyPath, type Problem } from "../config/validation/problem.ts";
import { selected, type LabelSelector } from "../config/values/selectors.ts";
import { CONTROL_PLANE } from "../kubernetes/tolerations.ts";
import type { CheckedConfig, ClusterFacts, NodeFact } from "./facts.ts";

/** Checks whether any node may announce: MetalLB does not report nodes that may not. */
export function announcements(config: CheckedConfig, facts: ClusterFacts) {
  const found = { problems: [] as Problem[], notes: [] as string[] };
  const { nodes } = facts;
  if (nodes === undefined || nodes.length === 0) return found;
  const ignored =
    config.shared === "own" ? ignoresLabel(config.metallb.values) : (facts.metallb?.ignoresExcludeLabel ?? false);
  const excluded = ignored ? [] : nodes.filter(({ labels }) => EXCLUDE_LABEL in labels);
  for (const { path, nodeSelectors } of advertisements(config)) {
    const candidates =
      nodeSelectors.length === 0 ? nodes : nodes.filter(({ labels }) => selected(nodeSelectors, labels));
    if (candidates.length === 0) {
      found.problems.push({
        path: [...path, "nodeSelectors"],
        wrong: `take none of the nodes ${namesOf(nodes)}, so nobody would announce the pools`,
        right: "Look at the labels: kubectl get nodes --show-labels",
      });
    } else if (candidates.every((node) => excluded.includes(node))) {
      const label = `kubectl label node ${candidates[0]?.name ?? ""} ${EXCLUDE_LABEL}-`;
      const instead =
        config.shared === "own"
          ? "set esddns:metallb.values { speaker: { ignoreExcludeLB: true } }"
          : "run MetalLB's speaker with --ignore-exclude-lb";
      found.problems.push({
        path,
        wrong: `every node that it has (${namesOf(candidates)}) carries the label ${EXCLUDE_LABEL}, so MetalLB would give out addresses that nobody answers for`,
        right: `Take it off (${label}), or ${instead}.`,
      });
    }
  }
  if (found.problems.length === 0 && excluded.length > 0)
    found.notes.push(`Not announcing, by the label ${EXCLUDE_LABEL}: ${namesOf(excluded)}.`);
  return found;
}

function advertisements({ l2, bgp }: CheckedConfig): { path: KeyPath; nodeSelectors: readonly LabelSelector[] }[] {
  return [
    ...l2.map(({ nodeSelectors }, i) => ({ path: ["l2", i], nodeSelectors })),
    ...bgp.advertisements.map(({ nodeSelectors }, i) => ({ path: ["bgp", "advertisements", i], nodeSelectors })),
  ];
}

function ignoresLabel({ speaker }: Readonly<Record<string, unknown>>): boolean {
  return typeof speaker === "object" && speaker !== null && Reflect.get(speaker, "ignoreExcludeLB") === true;
}

function namesOf(nodes: readonly NodeFact[]): string {
  const shown = nodes.slice(0, 5).map(({ name }) => name);
  return nodes.length > shown.length ? `${shown.join(", ")} and ${nodes.length - shown.length} more` : shown.join(", ");
}

/** Names the nodes that are not Ready: an up does not wait for their pods. */
export function deadNodes({ nodes = [] }: ClusterFacts): string[] {
  return nodes.flatMap(({ name, notReady }) =>
    notReady === undefined
      ? []
      : [
          `The node ${name} is not Ready: ${notReady.replace(/\.$/, "")}. An up does not wait for the operator's pod on it.`,
        ],
  );
}

/** Reports pods that no node takes. The up would wait for them until its timeout, without a reason. */
export function noRoomForPods({ operator, shared }: CheckedConfig, { nodes = [] }: ClusterFacts): Problem[] {
  const tolerated = (taint: string) => operator.tolerateControlPlane && taint === CONTROL_PLANE.key;
  const barred = nodes.filter(({ taints }) => taints.some((taint) => !tolerated(taint)));
  if (nodes.length === 0 || barred.length < nodes.length) return [];
  const taints = [...new Set(barred.flatMap((node) => node.taints.filter((taint) => !tolerated(taint))))];
  const whose = shared === "own" ? "MetalLB's controller, the operator or the page" : "the operator or the page";
  const onlyControlPlane = taints.every((taint) => taint === CONTROL_PLANE.key);
  const wrong = `no node takes a pod of ${whose}: ${namesOf(nodes)} ${nodes.length === 1 ? "has" : "have"} the taint ${taints.join(", ")}`;
  const take = `kubectl taint node ${nodes[0]?.name ?? ""} ${taints[0] ?? ""}-`;
  const right = onlyControlPlane
    ? `Write true, or take the taint off (${take}).`
    : `Take it off (${take}), or add a node without it.`;
  return [{ path: onlyControlPlane ? ["operator", "tolerateControlPlane"] : ["operator"], wrong, right }];
}

/** Warns about nodes that do not exist: a node may be added later. */
export function unknownNodes({ detection, records }: CheckedConfig, { nodes = [] }: ClusterFacts): string[] {
  const names = nodes.map(({ name }) => name);
  const named = [
    ...detection.preferNodes.map((name, i) => ({ name, path: ["detection", "preferNodes", i] })),
    ...records.flatMap(({ ipv6FromNode: name }, i) =>
      name === undefined ? [] : [{ name, path: ["records", i, "ipv6FromNode"] }],
    ),
  ];
  return named.flatMap(({ name, path }) => {
    if (names.length === 0 || names.includes(name)) return [];
    const hint = didYouMean(name, names) || ` There are ${names.slice(0, 5).join(", ")}.`;
    return [`${formatPath(path)}: there is no node ${quote(name)}.${hint}`];
  });
}
