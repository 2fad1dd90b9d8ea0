import { execFile, type ExecFileException } from "node:child_process";
import { createReadStream } from "node:fs";

/**
 * Returns the standard output of a program that ends with status 0.
 * @throws Error with the end of its error output, or with what to install if the program is missing.
 */
export function run(
  file: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; install?: string; timeoutMs?: number; stdinFile?: string } = {},
): Promise<string> {
  const { env = process.env, install = "", timeoutMs = 300_000, stdinFile } = options;
  const explain = (error: ExecFileException, stderr: string): string => {
    if (error.code === "ENOENT") return `${file} is not installed here. ${install}`.trim();
    const how = error.killed
      ? `did not end within ${timeoutMs / 1000} s`
      : `failed (${error.code ?? error.signal ?? "?"})`;
    return `${file} ${args[0] ?? ""} ${how}:\n${stderr.trim().split("\n").slice(-15).join("\n")}`;
  };
  return new Promise((resolve, reject) => {
    const limits = { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 };
    const { stdin } = execFile(file, args, { env, ...limits }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(explain(error, stderr)));
    });
    // A program that fails may not read all of its input.
    stdin?.on("error", () => undefined);
    if (stdinFile === undefined) stdin?.end();
    else if (stdin !== null) createReadStream(stdinFile).on("error", reject).pipe(stdin);
  });
}
