/** Starts a Pulumi program on Node.js and waits for its end. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

export interface Program {
  readonly programDirectory: string;
  readonly rootDirectory: string;
  /** Relative to programDirectory. */
  readonly entryPoint: string;
  /** `runtime.options` of Pulumi.yaml. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface Run {
  readonly program: Program;
  readonly engineAddress: string;
  readonly monitorAddress: string;
  readonly organization: string;
  readonly project: string;
  readonly stack: string;
  readonly pwd: string;
  readonly parallel: number;
  readonly dryRun: boolean;
  readonly args: readonly string[];
  readonly config: Readonly<Record<string, string>>;
  readonly configSecretKeys: readonly string[];
}

/** The SDK ends with this status when it has told the user already what went wrong (`cmd/run/index.ts`). */
const alreadyReported = 32;

/** `bail`: it failed and said why; `error`: it failed and nobody has said so yet. */
export type Outcome = "ok" | "bail" | { readonly error: string };

export function startProgram(run: Run): { child: ChildProcess; ended: Promise<Outcome> } {
  const { args, env } = nodeCommand(run);
  // What the program prints goes to the CLI, which reads a plugin's stdout and stderr.
  const child = spawn(process.execPath, args, {
    cwd: run.pwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const ended = new Promise<Outcome>((resolve) => {
    child.on("error", (error) => {
      resolve({ error: `Program could not be started: ${error.message}` });
    });
    child.on("exit", (code, signal) => {
      if (code === 0) resolve("ok");
      else if (code === alreadyReported) resolve("bail");
      else resolve({ error: `Program exited with non-zero exit code: ${code ?? signal ?? "unknown"}` });
    });
  });
  return { child, ended };
}

/** The command line of node, and what is added to its environment. Throws if the project has no Pulumi SDK. */
function nodeCommand(run: Run): { args: string[]; env: Record<string, string> } {
  const { program } = run;
  const sdk = createRequire(join(program.programDirectory, "package.json"));
  return {
    args: [
      ...nodeArgs(program.options["nodeargs"]),
      sdk.resolve("@pulumi/pulumi/cmd/run"),
      ...["--monitor", run.monitorAddress],
      ...["--engine", run.engineAddress],
      ...["--organization", run.organization],
      ...["--project", run.project],
      ...["--stack", run.stack],
      ...["--pwd", run.pwd],
      ...["--root-directory", program.rootDirectory],
      ...["--parallel", String(run.parallel)],
      ...(run.dryRun ? ["--dry-run"] : []),
      program.entryPoint,
      ...run.args,
    ],
    env: {
      PULUMI_CONFIG: JSON.stringify(run.config),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(run.configSecretKeys),
      PULUMI_NODEJS_TYPESCRIPT: String(program.options["typescript"] !== false),
    },
  };
}

/** `nodeargs: "--import tsx"`: split at white space, as a shell would without quotes. */
function nodeArgs(option: unknown): string[] {
  return typeof option === "string" ? option.split(/\s+/).filter((part) => part !== "") : [];
}
