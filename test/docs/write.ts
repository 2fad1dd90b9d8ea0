/** `npm run docs`: writes the pages under docs that are made from tables of the code. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectDir } from "../../infra/projectDir.ts";
import { metricsPage } from "./metricsPage.ts";

await writeFile(join(projectDir, "docs", "metrics.md"), await metricsPage());
