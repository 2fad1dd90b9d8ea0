/** Runs commands of the machine to their end, and collects and logs their output. */
import { spawn, type ChildProcess } from "node:child_process";
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { LabError } from "../errors.ts";
import { namespaceOf } from "../topology.ts";

export type Argv = readonly [string, ...string[]];

export interface RunOptions {
  readonly input?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The file to which the command line and all output are appended. */
  readonly log?: string;
  readonly onLine?: (line: string) => void;
  readonly timeoutMs?: number;
  /** Lets the command finish if its run is killed. For commands that must not be interrupted (dpkg). */
  readonly outlivesUs?: boolean;
}

/** Marks everything that a run of the lab starts and waits for, so that the next run can end what a killed run left. */
export const RUN_MARKER = "ESDDNS_LAB_RUN";

/** Marks the few commands that the next run waits for instead. */
export const OUTLIVES_MARKER = "ESDDNS_LAB_OUTLIVES";

const children = new Set<ChildProcess>();

/**
 * Runs a command to its end and resolves to its standard output.
 * @throws {LabError} if its exit status is not 0.
 */
export async function run(argv: Argv, options: RunOptions = {}): Promise<string> {
  const [program, ...args] = argv;
  const log = (text: string) => {
    if (options.log !== undefined) appendFileSync(options.log, text);
  };
  log(`$ ${argv.join(" ")}\n`);
  const child = spawn(program, args, {
    // A process group of its own: all of it can be ended, and Ctrl-C reaches it only through endChildren.
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, [options.outlivesUs ? OUTLIVES_MARKER : RUN_MARKER]: String(process.pid), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  if (!options.outlivesUs) children.add(child);
  // A command may end without reading its input: only its exit status counts.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const output = { stdout: "", lastLines: [] as string[] };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output.stdout += chunk));
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      log(`${line}\n`);
      output.lastLines.push(line);
      if (output.lastLines.length > 15) output.lastLines.shift();
      options.onLine?.(line);
    });
  }
  const outcome = await ended(child, options.timeoutMs);
  children.delete(child);
  if (outcome === 0) return output.stdout;
  const how = typeof outcome === "number" ? `exited with status ${String(outcome)}` : outcome;
  const said = output.lastLines.join("\n");
  throw new LabError(`\`${argv.join(" ")}\` ${how}${said === "" ? "" : `:\n${said}`}`, logOption(options));
}

function logOption(options: RunOptions): { log?: string } {
  return options.log === undefined ? {} : { log: options.log };
}

async function ended(child: ChildProcess, timeoutMs: number | undefined): Promise<number | string> {
  return new Promise((resolve) => {
    let timedOut = false;
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            signalGroup(child, "SIGKILL");
          }, timeoutMs);
    child.once("error", (error) => {
      clearTimeout(timer);
      resolve(`could not be started: ${error.message}`);
    });
    child.once("close", (status, signal) => {
      clearTimeout(timer);
      if (timedOut) resolve(`did not end within ${String(timeoutMs)} ms`);
      else resolve(status ?? `was ended by ${signal ?? "a signal"}`);
    });
  });
}

/** Interrupts all commands that still run. Called when this process ends. */
export function endChildren(): void {
  for (const child of children) signalGroup(child, "SIGINT");
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/**
 * Returns the command line that runs `argv` on a host. It does not use `ip netns exec`, which mounts a fresh /sys that
 * hides /sys/fs/cgroup.
 */
export function onHost(host: string, argv: readonly string[]): Argv {
  return ["nsenter", `--net=/run/netns/${namespaceOf(host)}`, "--", ...argv];
}

/** Runs `ip -batch` in the host's network namespace. Every line is one `ip` command without the leading `ip`. */
export async function ipBatch(host: string, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  await run(["ip", "-n", namespaceOf(host), "-batch", "-"], { input: `${lines.join("\n")}\n` });
}

/** Runs a shell script in the host's network namespace. It ends at its first failing command. */
export async function shellOnHost(host: string, script: string): Promise<string> {
  return run(onHost(host, ["sh", "-euc", script]));
}
