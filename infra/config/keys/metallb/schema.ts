/** How MetalLB is installed, or where the adopted one runs. */
import { z } from "zod";
import { stackKey } from "../../keyFacts.ts";
import * as fields from "../../values/fields.ts";

const DEFAULT_CHART = { version: "0.15.3", chart: "metallb", repository: "https://metallb.github.io/metallb" };
export const DEFAULT_NAMESPACE = "metallb-system";

const metallb = z.object({
  version: fields.version
    .default(DEFAULT_CHART.version)
    .describe("The chart's version; by path, what its file's name tells."),
  chart: fields.chart
    .default(DEFAULT_CHART.chart)
    .describe("Name of the chart, oci:// URL, or path that begins with ./ or /."),
  repository: fields.repositoryUrl.default(DEFAULT_CHART.repository).describe("URL of the chart's repository."),
  values: z.record(z.string(), z.unknown()).default({}).describe("Values of the chart, over the defaults."),
  namespace: fields.objectName.default(DEFAULT_NAMESPACE).describe("The namespace that MetalLB runs in."),
});

export const metallbKey = stackKey(metallb.prefault({}), {
  // Except for the namespace that it names: see encryptedProblems.
  encrypted: "secret",
  guide: "metallb.md",
});

export type MetalLB = z.output<typeof metallb>;
