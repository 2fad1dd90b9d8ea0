/** Runs the Pulumi CLI in the folder of Pulumi.yaml. */
import { projectDir } from "../projectDir.ts";
import { collect, show, type Ended } from "../process.ts";
import { storedConfig, type StoredConfig } from "./stackConfig.ts";

export interface PulumiOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command and collects its output. The command never asks. */
export function pulumi(args: readonly string[], options: PulumiOptions = {}): Promise<Ended> {
  return collect(["pulumi", ...args, "--non-interactive", "--color", "never"], {
    ...options,
    cwd: projectDir,
    timeoutMs: 120_000,
  });
}

/** Runs a command on this terminal. Without a terminal it does not ask, use colours or show progress. */
export function showPulumi(args: readonly string[], options: PulumiOptions = {}): Promise<number> {
  const plain = process.stdout.isTTY ? [] : ["--color", "never", "--suppress-progress"];
  return show(["pulumi", ...args, "--non-interactive", ...plain], { ...options, cwd: projectDir });
}

/**
 * Reads the stack's config, without Gandi's token. Pulumi leaves out the whole of a key that contains a secret, such as
 * a BGP session's password. Such keys are read one by one, because pools and namespaces cannot be checked without them.
 * @throws Error with the CLI's message.
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

/** Reads one value of the stack's config, decrypted. Undefined if it is not set. */
export async function readConfigValue(stack: string, key: string): Promise<string | undefined> {
  const { status, stdout } = await pulumi(["config", "get", key, "--stack", stack]);
  return status === 0 ? stdout.trim() : undefined;
}
