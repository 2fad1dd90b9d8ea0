/** What must hold of `metallb` beyond its shape. */
import { chartVersionProblems } from "./chart.ts";
import { quote, type Problem } from "../../validation/problem.ts";
import type { Section } from "../../schema.ts";

type MetalLB = Section<"metallb">;

/** Of Kubernetes itself: they cannot be taken away again, and hold what is not this stack's. */
const RESERVED = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** `path`: of the key that names it. */
export function reservedNamespace(namespace: string, path: Problem["path"]): Problem[] {
  if (!RESERVED.includes(namespace)) return [];
  const right = "Write one for this alone: the stack makes it, sets its pod security, and takes it away at a destroy.";
  return [{ path, wrong: `${quote(namespace)} is Kubernetes' own namespace`, right }];
}

/** Where this stack installs it. `raw`: as it is written, to tell defaults from what is meant. */
export function checkOwn(metallb: MetalLB | undefined, raw: unknown, namespace: string): Problem[] {
  if (metallb === undefined) return [];
  const problems = [
    ...reservedNamespace(metallb.namespace, ["metallb", "namespace"]),
    ...tooOld(metallb),
    ...chartVersionProblems(metallb, isWritten(raw, "version")),
    ...valueProblems(metallb.values),
  ];
  if (metallb.namespace === namespace) {
    const right = "MetalLB's speaker needs privileges that the operator's namespace refuses: give each its own.";
    problems.push({ path: ["namespace"], wrong: `${quote(namespace)} is MetalLB's namespace too`, right });
  }
  if (isWritten(raw, "repository") && /^(oci:|[./])/.test(metallb.chart)) {
    const wrong = `has no effect beside the chart ${quote(metallb.chart)}, which says where it is itself`;
    problems.push({ path: ["metallb", "repository"], wrong, right: "Leave it out, or write chart: metallb." });
  }
  return problems;
}

/** Where it is there already, only where it is has a meaning, and which one. */
export function checkAdopted(raw: unknown): Problem[] {
  return ["chart", "repository", "values"].flatMap((key) => {
    if (!isWritten(raw, key)) return [];
    const right = "Leave it out, or install MetalLB with esddns:shared: own.";
    return [{ path: ["metallb", key], wrong: "has no effect where esddns:shared is adopt", right }];
  });
}

/** Pools as objects, and peers with a password from a Secret, are there since 0.13; 0.14 is what this is tried with. */
function tooOld({ version }: MetalLB): Problem[] {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 0 || minor >= 14) return [];
  const right = "Write 0.14.0 or a newer one.";
  return [{ path: ["metallb", "version"], wrong: `${quote(version)} is older than this program knows`, right }];
}

/** Values by which the chart would install a MetalLB that does not do its work, or nothing that can be installed. */
function valueProblems(values: Readonly<Record<string, unknown>>): Problem[] {
  const path = (...keys: string[]) => ["metallb", "values", ...keys];
  const parts = ["controller", "speaker", "crds", "frrk8s"];
  const shapeless = parts.filter((part) => Object.hasOwn(values, part) && !isObject(values[part]));
  const switches = [...parts.map((part) => [part, "enabled"]), ["speaker", "frr", "enabled"], ["frrk8s", "external"]];
  const unclear = switches.filter((keys) => !["boolean", "undefined"].includes(typeof at(values, ...keys)));
  const off = ["controller", "speaker"].filter((part) => at(values, part, "enabled") === false);
  const [mode, second] = frrModes(values);
  return [
    ...shapeless.map((part) => ({
      path: path(part),
      wrong: `${quote(values[part])} is not an object`,
      right: "Write it as the chart's values.yaml has it.",
    })),
    ...unclear.map((keys) => ({
      path: path(...keys),
      wrong: `${quote(at(values, ...keys))} is not true or false`,
      right: "Write it without quotes: the chart takes any text for true, or does not take it at all.",
    })),
    ...off.map((part) => ({
      path: path(part, "enabled"),
      wrong: "is false, and without it no Service gets an address that anybody answers for",
      right: "Leave it out; to use a MetalLB that is there already: esddns:shared: adopt.",
    })),
    ...(mode && second
      ? [
          {
            path: path(...mode),
            wrong: `is true beside ${second.join(".")}, and there is one FRR on a node`,
            right: "Keep one of the two.",
          },
        ]
      : []),
  ];
}

/** What of the chart's values turns FRR on, over this project's defaults; nothing: the speaker has MetalLB's own BGP. */
export function frrModes(values: Readonly<Record<string, unknown>>): string[][] {
  const modes = [
    ["speaker", "frr", "enabled"],
    ["frrk8s", "enabled"],
    ["frrk8s", "external"],
  ];
  return modes.filter((keys) => at(values, ...keys) === true);
}

function at(values: unknown, ...keys: string[]): unknown {
  return keys.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), values);
}

export function isWritten(raw: unknown, key: string): boolean {
  return isObject(raw) && Object.hasOwn(raw, key);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
