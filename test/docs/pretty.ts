import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { projectDir } from "../../infra/projectDir.ts";

/** Markdown as the format check wants it. */
export async function pretty(markdown: string): Promise<string> {
  const config = await resolveConfig(join(projectDir, "docs", "any.md"));
  return format(markdown, { ...config, parser: "markdown" });
}
