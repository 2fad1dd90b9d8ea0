/** Commands that the lab only finds the place for: from then on they are this very process. */
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

/** Becomes `argv` on a host: input, output, signals and exit status are the command's own. Does not return. */
export function become(argv: Argv, place: Place): never {
  // Where npm was called, not where package.json is: relative paths mean what they say.
  chdir(place.cwd ?? env["INIT_CWD"] ?? ".");
  replaceProcess(onHost(place.host, withResolver(argv, resolverFile(place.host))), place.env ?? {});
}

/** In a mount namespace of its own the command finds the host's resolver where programs look for it. */
function withResolver(argv: Argv, file: string | undefined): readonly string[] {
  if (file === undefined) return argv;
  const script = 'mount --bind "$1" /etc/resolv.conf; shift; exec "$@"';
  return ["unshare", "--mount", "--propagation=private", "--", "sh", "-euc", script, "exec", file, ...argv];
}

/** As `become`, without a host. */
export function replaceProcess(argv: Argv, added: Readonly<Record<string, string>> = {}): never {
  if (execve === undefined) throw new LabError("This Node cannot run another program in its place; 24 can.");
  // That execve is new is nothing for the person at the terminal.
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
