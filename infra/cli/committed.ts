/** What the project's own files say: of the project, and of a stack that the backend does not know yet. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { projectDir } from "../projectDir.ts";
import { shortName } from "./arguments.ts";
import type { StoredConfig } from "./stackConfig.ts";

const stackFile = z.object({ config: z.record(z.string(), z.unknown()).nullish() }).nullable();

/** As `pulumi config --json` would tell it; nothing where there is no file. */
export function committedConfig(stack: string): StoredConfig {
  const file = process.env["PULUMI_OPTION_CONFIG_FILE"] ?? join(projectDir, `Pulumi.${shortName(stack)}.yaml`);
  if (!existsSync(file)) return {};
  const config = stackFile.parse(parse(readFileSync(file, "utf8")))?.config ?? {};
  return Object.fromEntries(
    Object.entries(config).map(([key, value]): [string, StoredConfig[string]] => {
      if (typeof value === "string") return [key, { value }];
      const secret = typeof value === "object" && value !== null && "secure" in value;
      return [key, secret ? { secret } : { objectValue: value }];
    }),
  );
}

/** By Pulumi.yaml. */
export function projectName(): string {
  return projectFile.parse(parse(readFileSync(join(projectDir, "Pulumi.yaml"), "utf8"))).name;
}

const projectFile = z.object({ name: z.string() });
