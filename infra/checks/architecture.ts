/** Checks which nodes can run the image that is built here. Pure. */
import type { Problem } from "../config/validation/problem.ts";
import { CONTROL_PLANE } from "../kubernetes/tolerations.ts";
import type { CheckedConfig, ClusterFacts } from "./facts.ts";

/** The architecture of the built image: infra/image/build uses Node.js for it, and this machine's libraries. */
const BUILT_FOR = "amd64";

/**
 * Reports nodes of another architecture. Their pods would end with "exec format error" again and again, and the up
 * would wait until its timeout.
 */
export function foreignArchitecture({ image, operator }: CheckedConfig, { nodes = [] }: ClusterFacts): Problem[] {
  if (image.kind === "reference") return [];
  const runsPods = (taints: readonly string[]) =>
    taints.every((taint) => operator.tolerateControlPlane && taint === CONTROL_PLANE.key);
  const others = nodes.filter(({ architecture = BUILT_FOR, taints }) => architecture !== BUILT_FOR && runsPods(taints));
  const [first, ...more] = others;
  if (first === undefined) return [];
  const also = more.length === 0 ? "" : `, and ${more.length} more like it`;
  const wrong = `what is built here runs on ${BUILT_FOR} only, and the node ${first.name} is ${first.architecture ?? ""}${also}`;
  const right =
    "Name an image that is built for every architecture of the cluster: { reference: name@sha256:… }. A taint keeps the operator off a node.";
  return [{ path: ["image"], wrong, right }];
}
