import { tmpdir } from "node:os";
import { spawnCollect } from "./spawn.ts";

/** promtool, of Debian's package prometheus, which the lab installs. `input`: a file to be read from stdin. */
export function promtool(args: readonly string[], input = "/dev/null"): Promise<{ status: number; output: string }> {
  const command = ["sh", "-c", 'in=$1; shift; exec promtool "$@" < "$in"', "sh", input, ...args];
  return spawnCollect(command, { cwd: tmpdir(), env: { PATH: process.env["PATH"] ?? "" }, timeoutMs: 60_000 });
}
