/** Runs commands for which the lab only finds the place: they replace this process. */
import { chdir, env, execve } from "node:process";
import { delimiter, join } from "node:path";
import { accessSync, constants } from "node:fs";
import { LabError } from "./errors.ts";
import { resolverFile } from "./network/resolver.ts";
import { onHost, type Argv } from "./machine/run.ts";

export interface Place {
  readonly host: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/**
 * Replaces this process with `argv` on a host: input, output, signals and exit status are the command's own. Does not
 * return.
 */
export function become(argv: Argv, place: Place): never {
  // The folder where npm was called, not that of package.json, so that relative paths keep their meaning.
  chdir(place.cwd ?? env["INIT_CWD"] ?? ".");
  replaceProcess(onHost(place.host, withResolver(argv, resolverFile(place.host))), place.env ?? {});
}

/** Gives the command a mount namespace of its own, with the host's resolver at the path where programs look for it. */
function withResolver(argv: Argv, file: string | undefined): readonly string[] {
  if (file === undefined) return argv;
  const script = 'mount --bind "$1" /etc/resolv.conf; shift; exec "$@"';
  return ["unshare", "--mount", "--propagation=private", "--", "sh", "-euc", script, "exec", file, ...argv];
}

/** Replaces this process like `become`, without a host. */
export function replaceProcess(argv: Argv, added: Readonly<Record<string, string>> = {}): never {
  if (execve === undefined) throw new LabError("This Node cannot run another program in its place; 24 can.");
  // Node's warning that execve is experimental is of no use to the user.
  process.removeAllListeners("warning");
  return execve(findProgram(argv[0]), [...argv], { ...env, ...added });
}

function findProgram(name: string): string {
  if (name.includes("/")) return name;
  for (const dir of (env["PATH"] ?? "").split(delimiter)) {
    const path = join(dir, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  throw new LabError(`${name} is not on this machine's PATH`);
}
