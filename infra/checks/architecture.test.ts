import { expect, it } from "vitest";
import { parseStackConfig } from "../config/parse.ts";
import { formatProblem } from "../config/validation/problem.ts";
import { evaluate as evaluateFor } from "./checks.ts";

const evaluate = (...[config, facts, skip]: [Evaluated[0], Evaluated[1], Evaluated[3]?]) =>
  evaluateFor(config, facts, { stackId: "esddns/production", takeOver: false }, skip);
type Evaluated = Parameters<typeof evaluateFor>;

const BUILT = { builder: "docker", registry: "registry.example.com/esddns" };
const READY = { reference: `x@sha256:${"a".repeat(64)}` };
const CONTROL_PLANE = "node-role.kubernetes.io/control-plane";

const node = (name: string, architecture: string | undefined, taints: string[] = []) => ({
  name,
  labels: {},
  addresses: [],
  podCidrs: [],
  taints,
  architecture,
});

function problems(nodes: ReturnType<typeof node>[], over: Record<string, unknown>): string[] {
  const raw = { pools: [{ name: "p", addresses: ["192.168.1.100-192.168.1.110"] }], ...over };
  const parsed = parseStackConfig(raw, { stack: "production", secretKeys: new Set() });
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join("\n"));
  const facts = { nodes, serviceCidrs: [], pools: [], metallb: undefined, definitions: undefined, unread: [] };
  return evaluate(parsed.config, facts).problems.map(formatProblem);
}

it("an image that is built here is refused for a cluster with nodes that cannot run it", () => {
  const found = problems([node("pc", "amd64"), node("pi1", "arm64"), node("pi2", "arm64")], { image: BUILT });
  expect(found).toEqual([expect.stringMatching(/^esddns:image: .*amd64 only, and the node pi1 is arm64, and 1 more/)]);
  expect(found[0]).toContain("{ reference: name@sha256:… }");
});

it.each([
  ["an image by reference, which may be of any architecture", [node("pi", "arm64")], { image: READY }],
  ["nodes that it runs on", [node("pc", "amd64"), node("silent", undefined)], { image: BUILT }],
  ["other nodes that no pod of it gets to", [node("pc", "amd64"), node("pi", "arm64", ["games"])], { image: BUILT }],
  [
    "a control plane that is not tolerated",
    [node("pc", "amd64"), node("pi", "arm64", [CONTROL_PLANE])],
    { image: BUILT },
  ],
])("nothing is said of %s", (_what, nodes, over) => {
  expect(problems(nodes, over)).toEqual([]);
});

it("a control plane's node counts where the operator is to run on it", () => {
  const nodes = [node("pc", "amd64"), node("pi", "arm64", [CONTROL_PLANE])];
  expect(problems(nodes, { image: BUILT, operator: { tolerateControlPlane: true } })).toEqual([
    expect.stringContaining("the node pi is arm64"),
  ]);
});
