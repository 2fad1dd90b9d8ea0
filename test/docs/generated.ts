/** What `npm run docs` writes: whole pages under docs, and the README's table of keys. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { configReference, keyTable } from "../../infra/config/reference.ts";
import { projectDir } from "../../infra/projectDir.ts";
import { metricsPage } from "./metricsPage.ts";
import { pretty } from "./pretty.ts";
import { rightsPage } from "./rightsPage.ts";

/** By path, relative to the project's folder, as they have to be. */
export async function generatedDocuments(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ["README.md", await readme()],
    ["docs/configuration.md", await configPage()],
    ["docs/metrics.md", await metricsPage()],
    ["docs/rights.md", await rightsPage()],
  ]);
}

const project = z.object({ config: z.record(z.string(), z.object({ description: z.string() })) });

function configPage(): Promise<string> {
  return pretty(configReference(described()));
}

const KEYS_START = "<!-- The keys, written by npm run docs from Pulumi.yaml and infra/config -->";
const KEYS_END = "<!-- The end of the keys -->";

/** The README as it is, with its table of keys as the code has it. */
function readme(): Promise<string> {
  const text = readFileSync(join(projectDir, "README.md"), "utf8");
  const [before = "", rest = ""] = text.split(KEYS_START);
  const [, after] = rest.split(KEYS_END);
  if (after === undefined) throw new Error(`README.md has no ${KEYS_START} … ${KEYS_END}`);
  return pretty([before, KEYS_START, "\n\n", keyTable(described()), "\n\n", KEYS_END, after].join(""));
}

/** The keys' descriptions in Pulumi.yaml. */
function described(): Record<string, string> {
  const { config } = project.parse(parse(readFileSync(join(projectDir, "Pulumi.yaml"), "utf8")));
  return Object.fromEntries(Object.entries(config).map(([key, each]) => [key, each.description]));
}
