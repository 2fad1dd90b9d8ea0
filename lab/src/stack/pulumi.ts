/** Runs the Pulumi CLI on the LAN client, with state, secrets and plugins of the lab's own. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pluginPathDirs } from "@esddns/pulumi-stand-ins";
import { kubeEnvironment } from "../cluster/kubeconfig.ts";
import { binDir, projectDir, stateDir } from "../paths.ts";

export const labStack = "development";

const pulumiHome = join(stateDir, "pulumi-home");
/** The folder in which the file backend keeps `.pulumi`. */
export const backendDir = join(stateDir, "pulumi");
export const passphraseFile = join(stateDir, "pulumi-passphrase");

/** Returns the lab's own stack config: the committed file, overlaid with what only this machine knows (stack.ts). */
export function stackConfigFile(stack: string): string {
  return join(stateDir, `Pulumi.${stack}.yaml`);
}

export interface PulumiCommand {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Returns the command line and environment of `pulumi ARGS`, to run in the LAN client's network namespace. */
export async function pulumiCommand(args: readonly string[]): Promise<PulumiCommand> {
  return { argv: [join(binDir, "pulumi"), ...args], env: await pulumiEnv(stackOf(args)), cwd: projectDir };
}

/** Lists the plugins that are stand-ins here. Empty if the real ones are installed. */
export async function standIns(): Promise<readonly string[]> {
  return (await pluginPathDirs(pulumiHome)).standIns;
}

async function pulumiEnv(stack: string): Promise<Record<string, string>> {
  const plugins = await pluginPathDirs(pulumiHome);
  const path = [...plugins.dirs, binDir, join(projectDir, "node_modules", ".bin"), process.env["PATH"] ?? ""];
  return {
    PATH: path.join(delimiter),
    HOME: process.env["HOME"] ?? "/root",
    LANG: "C.UTF-8",
    ...(process.env["TERM"] === undefined ? {} : { TERM: process.env["TERM"] }),
    ...kubeEnvironment,
    PULUMI_HOME: pulumiHome,
    PULUMI_BACKEND_URL: `file://${backendDir}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile,
    PULUMI_STACK: stack,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // The environment can set every flag of the CLI, so users type the command as they would anywhere.
    ...(existsSync(stackConfigFile(stack)) ? { PULUMI_OPTION_CONFIG_FILE: stackConfigFile(stack) } : {}),
  };
}

/** Returns the stack that a command line names. The lab's own if it names none. */
export function stackOf(args: readonly string[]): string {
  for (const [i, arg] of args.entries()) {
    if (arg === "--stack" || arg === "-s") return args[i + 1] ?? labStack;
    if (arg.startsWith("--stack=")) return arg.slice("--stack=".length);
  }
  return labStack;
}
