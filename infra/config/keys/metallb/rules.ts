/** What must hold for `metallb` beyond its shape. */
import { chartVersionProblems, isWritten } from "./chart.ts";
import { quote, type Problem } from "../../validation/problem.ts";
import { reservedNamespace } from "../namespace.ts";
import type { MetalLB } from "./schema.ts";

/** For a MetalLB that this stack installs. `raw`: as it is written, to tell defaults from what is meant. */
export function ownProblems(metallb: MetalLB | undefined, raw: unknown, namespace: string): Problem[] {
  if (metallb === undefined) return [];
  const problems = [
    ...reservedNamespace(metallb.namespace, ["metallb", "namespace"]),
    ...tooOld(metallb),
    ...chartVersionProblems(metallb, raw),
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

/** An adopted MetalLB takes only `namespace` and `version`; `chart`, `repository` and `values` are rejected. */
export function adoptedProblems(raw: unknown): Problem[] {
  return ["chart", "repository", "values"].flatMap((key) => {
    if (!isWritten(raw, key)) return [];
    const right = "Leave it out, or install MetalLB with esddns:shared: own.";
    return [{ path: ["metallb", key], wrong: "has no effect where esddns:shared is adopt", right }];
  });
}

/** Pools as objects, and peers with a password from a Secret, exist since 0.13. This project is tried with 0.14. */
function tooOld({ version }: MetalLB): Problem[] {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 0 || minor >= 14) return [];
  const right = "Write 0.14.0 or a newer one.";
  return [{ path: ["metallb", "version"], wrong: `${quote(version)} is older than this program knows`, right }];
}

/** Values with which the chart would install a MetalLB that does not work, or would fail to install. */
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

/** The chart's values that turn FRR on, over this project's defaults. None: the speaker has MetalLB's own BGP. */
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

/** Whether FRR's rules hold only among peers of the same node: MetalLB 0.16 was the first to look at nodeSelectors. */
export function frrByNode(version = ""): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 0 || minor >= 16;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
