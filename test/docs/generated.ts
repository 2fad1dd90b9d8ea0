/** Pages under docs that are written by `npm run docs` and by nobody else. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { configReference } from "../../infra/config/reference.ts";
import { projectDir } from "../../infra/projectDir.ts";
import { metricsPage } from "./metricsPage.ts";
import { pretty } from "./pretty.ts";
import { rightsPage } from "./rightsPage.ts";

/** By path, relative to the project's folder, as they have to be. */
export async function generatedDocuments(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ["docs/configuration.md", await configPage()],
    ["docs/metrics.md", await metricsPage()],
    ["docs/rights.md", await rightsPage()],
  ]);
}

const project = z.object({ config: z.record(z.string(), z.object({ description: z.string() })) });

function configPage(): Promise<string> {
  const { config } = project.parse(parse(readFileSync(join(projectDir, "Pulumi.yaml"), "utf8")));
  const described = Object.fromEntries(Object.entries(config).map(([key, each]) => [key, each.description]));
  return pretty(configReference(described));
}
