/** The version of a chart that is given by its path. Helm reads it from the file, and annotations depend on it. */
import { quote, type Problem } from "../../validation/problem.ts";
import type { MetalLB } from "./schema.ts";

/** The name that `helm package` and `helm pull` give an archive. */
const ARCHIVE = /\/metallb-(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)\.tgz$/;

/** The same with the version in the archive's name in place of the default. `raw`: the section as it is written. */
export function withChartVersion(metallb: MetalLB, raw: unknown): MetalLB {
  const told = isWritten(raw, "version") ? undefined : versionInName(metallb.chart);
  return told === undefined ? metallb : { ...metallb, version: told };
}

export function chartVersionProblems({ chart, version }: MetalLB, raw: unknown): Problem[] {
  if (!isPath(chart)) return [];
  const told = versionInName(chart);
  const path = ["metallb", "version"];
  if (told !== undefined && told !== version)
    return [
      {
        path,
        wrong: `${quote(version)} is another than that of ${chart}`,
        right: `Write ${quote(told)}, or leave it out.`,
      },
    ];
  if (told !== undefined || isWritten(raw, "version")) return [];
  const right = "Write the version that is in its Chart.yaml: what MetalLB reads of Services depends on it.";
  return [{ path, wrong: `is missing, and the name ${chart} does not tell it`, right }];
}

/** Whether the chart is a file or folder, and not a name in a repository or at a registry. */
function isPath(chart: string): boolean {
  return /^[./]/.test(chart);
}

function versionInName(chart: string): string | undefined {
  return isPath(chart) ? ARCHIVE.exec(chart)?.[1] : undefined;
}

/** Whether a key of the section is written, and not filled in by default. */
export function isWritten(raw: unknown, key: string): boolean {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw) && Object.hasOwn(raw, key);
}
