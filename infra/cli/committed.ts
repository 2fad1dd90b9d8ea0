/** Reads the project's own files: about the project, and about a stack that the backend does not know yet. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { projectDir } from "../projectDir.ts";
import { shortName } from "./arguments.ts";
import { HIDDEN, type StoredConfig } from "./stackConfig.ts";

const stackFile = z.object({ config: z.record(z.string(), z.unknown()).nullish() }).nullable();
const encrypted = z.strictObject({ secure: z.string() });

/** Returns the config as `pulumi config --json` would print it. Empty if the stack has no file. */
export function committedConfig(stack: string): StoredConfig {
  const file = process.env["PULUMI_OPTION_CONFIG_FILE"] ?? join(projectDir, `Pulumi.${shortName(stack)}.yaml`);
  return existsSync(file) ? fromStackFile(readFileSync(file, "utf8")) : {};
}

/**
 * Reads the text of a stack's config file. Encrypted values in a list or an object are hidden, the rest is readable.
 */
export function fromStackFile(text: string): StoredConfig {
  const config = stackFile.parse(parse(text))?.config ?? {};
  return Object.fromEntries(
    Object.entries(config).map(([key, value]): [string, StoredConfig[string]] => {
      if (typeof value === "string") return [key, { value }];
      if (encrypted.safeParse(value).success) return [key, { secret: true }];
      const { shown, secret } = hideSecrets(value);
      return [key, { objectValue: shown, ...(secret ? { secret } : {}) }];
    }),
  );
}

function hideSecrets(value: unknown): { shown: unknown; secret: boolean } {
  let secret = false;
  const shown = (each: unknown): unknown => {
    if (typeof each !== "object" || each === null) return each;
    if (Array.isArray(each)) return each.map(shown);
    if (!encrypted.safeParse(each).success)
      return Object.fromEntries(Object.entries(each).map(([key, member]) => [key, shown(member)]));
    secret = true;
    return HIDDEN;
  };
  return { shown: shown(value), secret };
}

/** Returns the name in Pulumi.yaml. */
export function projectName(): string {
  return projectFile.parse(parse(readFileSync(join(projectDir, "Pulumi.yaml"), "utf8"))).name;
}

const projectFile = z.object({ name: z.string() });
