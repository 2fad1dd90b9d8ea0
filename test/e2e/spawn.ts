/** Runs a command to its end and collects what it prints, on both streams, in order. */
import { spawn } from "node:child_process";

export function spawnCollect(
  [program = "", ...args]: readonly string[],
  options: { cwd: string; env: Readonly<Record<string, string>>; timeoutMs?: number },
): Promise<{ status: number; output: string }> {
  return new Promise((resolve, reject) => {
    const { cwd, env, timeoutMs = 250_000 } = options;
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], timeout: timeoutMs });
    const printed: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => printed.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ status: code ?? -1, output: Buffer.concat(printed).toString() });
    });
  });
}
