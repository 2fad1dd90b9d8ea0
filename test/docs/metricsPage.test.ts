import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectDir } from "../../infra/projectDir.ts";
import { metricsPage } from "./metricsPage.ts";

it("docs/metrics.md says what the table of metrics says (npm run docs writes it anew)", async () => {
  expect(await readFile(join(projectDir, "docs", "metrics.md"), "utf8")).toBe(await metricsPage());
});
