/** Runs the programs that the commands start. */
import { spawn } from "node:child_process";

export interface Ended {
  /** The exit status. 127 if the program does not exist, 124 if it took too long. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Goes only to standard input, so it may contain secrets. */
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs a program to its end and collects its output. Never rejects. */
export function collect([program, ...args]: readonly [string, ...string[]], options: RunOptions = {}): Promise<Ended> {
  const { input = "", timeoutMs = 60_000, env, cwd } = options;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    // spawn's own timeout keeps running if the program does not exist, and would keep this process alive.
    const timer = setTimeout(() => child.kill(), timeoutMs);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    // A program may end without reading its input.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const missing = error.code === "ENOENT";
      resolve({ status: 127, stdout: "", stderr: missing ? `${program} is not on the PATH` : error.message });
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const late = signal === null ? "" : `\n${program} took longer than ${timeoutMs / 1000} s`;
      resolve({
        status: code ?? 124,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString() + late,
      });
    });
  });
}

/** Runs a program on this terminal and resolves with its exit status. */
export function show([program, ...args]: readonly [string, ...string[]], options: RunOptions = {}): Promise<number> {
  const { env, cwd } = options;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: "inherit",
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    child.on("error", () => {
      resolve(127);
    });
    child.on("close", (code) => {
      resolve(code ?? 1);
    });
  });
}
