/** Runs one command line and collects what it prints. */
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";

export interface CommandLine {
  readonly interpreter: readonly [string, ...string[]];
  readonly command: string;
  readonly dir: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: string;
}

export interface CommandOutput {
  /** Without the last newline. */
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Rejects when the command fails, with all that it printed, or when the signal aborts; then the command and all its
 * children are killed. `onLine` gets each line as it is printed.
 */
export async function runCommand(
  line: CommandLine,
  onLine: (stream: "stdout" | "stderr", text: string) => void,
  signal: AbortSignal,
): Promise<CommandOutput> {
  const [program, ...args] = [...line.interpreter, line.command] as [string, ...string[]];
  // In a process group of its own, so that what the shell started can be killed with it.
  const child = spawn(program, args, { cwd: line.dir, env: line.env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const kill = () => {
    killGroup(child.pid);
  };
  signal.addEventListener("abort", kill);
  process.on("exit", kill);
  const combined: string[] = [];
  const collect = (stream: "stdout" | "stderr") =>
    collectText(
      child[stream],
      (text) => combined.push(text),
      (text) => {
        onLine(stream, text);
      },
    );
  const outputs = Promise.all([collect("stdout"), collect("stderr")]);
  child.stdin.on("error", () => undefined);
  child.stdin.end(line.stdin);
  try {
    const ended = await new Promise<string | undefined>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, killed) => {
        resolve(code === 0 ? undefined : (killed ?? `exit status ${code ?? -1}`));
      });
    });
    const [stdout, stderr] = await outputs;
    if (ended === undefined) return { stdout: stdout.replace(/\n$/, ""), stderr: stderr.replace(/\n$/, "") };
    throw new Error(`${ended}: running ${JSON.stringify(line.command)}:\n${combined.join("")}`);
  } finally {
    signal.removeEventListener("abort", kill);
    process.off("exit", kill);
  }
}

async function collectText(
  stream: Readable,
  onText: (text: string) => void,
  onLine: (text: string) => void,
): Promise<string> {
  let all = "";
  let rest = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream as AsyncIterable<string>) {
    all += chunk;
    onText(chunk);
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  }
  if (rest !== "") onLine(rest);
  return all;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
