/** The Pulumi CLI, in the folder of Pulumi.yaml. */
import { projectDir } from "../projectDir.ts";
import { collect, show, type Ended } from "../process.ts";
import { storedConfig, type StoredConfig } from "./stackConfig.ts";

export interface PulumiOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** With what it prints collected; never asks. */
export function pulumi(args: readonly string[], options: PulumiOptions = {}): Promise<Ended> {
  return collect(["pulumi", ...args, "--non-interactive", "--color", "never"], {
    ...options,
    cwd: projectDir,
    timeoutMs: 120_000,
  });
}

/** On this terminal; without one it neither asks nor paints, and leaves out how far it is. */
export function showPulumi(args: readonly string[], options: PulumiOptions = {}): Promise<number> {
  const plain = process.stdout.isTTY ? [] : ["--color", "never", "--suppress-progress"];
  return show(["pulumi", ...args, "--non-interactive", ...plain], { ...options, cwd: projectDir });
}

/**
 * The stack's config, without Gandi's token. A key with one secret in it, as a BGP session's password, Pulumi leaves out
 * as a whole: such are asked for one by one, as pools and namespaces cannot be judged without them.
 * @throws Error with what the CLI says.
 */
export async function readStackConfig(stack: string): Promise<StoredConfig> {
  const { status, stdout, stderr } = await pulumi(["config", "--json", "--stack", stack]);
  if (status !== 0) throw new Error(stderr.trim());
  const stored = storedConfig.parse(JSON.parse(stdout));
  const decrypted = Object.entries(stored).map(async ([key, entry]): Promise<[string, StoredConfig[string]]> => {
    const left = entry.secret === true && entry.value === undefined && entry.objectValue === undefined;
    if (!left || !key.startsWith("esddns:") || key === "esddns:gandiToken") return [key, entry];
    const read = await pulumi(["config", "get", key, "--stack", stack]);
    if (read.status !== 0) throw new Error(`${key}: ${read.stderr.trim()}`);
    return [key, { ...entry, value: read.stdout.trim() }];
  });
  return Object.fromEntries(await Promise.all(decrypted));
}

/** One value of the stack's config, decrypted; undefined where it is not set. */
export async function readConfigValue(stack: string, key: string): Promise<string | undefined> {
  const { status, stdout } = await pulumi(["config", "get", key, "--stack", stack]);
  return status === 0 ? stdout.trim() : undefined;
}
