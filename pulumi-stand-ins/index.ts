/** Which of Pulumi's plugins this machine has, and which it needs a stand-in for. */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

interface Plugin {
  /** The program that the CLI looks for. */
  readonly program: string;
  /** Its stand-in: a folder beside this file. */
  readonly standIn: string;
  /** Folder of the installed plugin below `plugins/`; the language host has none, it comes with the CLI. */
  readonly installed?: string;
}

/**
 * The folders to put on PATH for the Pulumi CLI, and the names of the programs among them that are stand-ins. Every
 * stand-in has a folder of its own, because the CLI prefers what is on PATH over what is installed.
 *
 * `pulumiHome`: the CLI's PULUMI_HOME. A real plugin counts when it is installed there or in ~/.pulumi in the version
 * of the SDK that the program uses, or when it is on PATH.
 */
export async function pluginPathDirs(
  pulumiHome: string,
  search: { readonly home: string; readonly path: string } = { home: homedir(), path: process.env["PATH"] ?? "" },
): Promise<{ dirs: string[]; standIns: string[] }> {
  const dirs: string[] = [];
  const standIns: string[] = [];
  for (const plugin of plugins()) {
    const onPath = search.path.split(delimiter).filter((dir) => dir !== "" && !dir.startsWith(import.meta.dirname));
    if (await firstWith(plugin.program, onPath)) continue;
    const installed = plugin.installed === undefined ? [] : [plugin.installed];
    if (
      await firstWith(
        plugin.program,
        installed.map((name) => join(pulumiHome, "plugins", name)),
      )
    )
      continue;
    const elsewhere = installed.map((name) => join(search.home, ".pulumi", "plugins", name));
    const found = await firstWith(plugin.program, elsewhere);
    dirs.push(found ?? join(import.meta.dirname, plugin.standIn, "stand-in"));
    if (found === undefined) standIns.push(plugin.program);
  }
  return { dirs, standIns };
}

function plugins(): Plugin[] {
  const resource = (name: string): Plugin => ({
    program: `pulumi-resource-${name}`,
    standIn: name,
    installed: `resource-${name}-v${sdkVersion(name)}`,
  });
  return [
    { program: "pulumi-language-nodejs", standIn: "language-nodejs" },
    resource("kubernetes"),
    resource("random"),
    resource("command"),
  ];
}

function sdkVersion(name: string): string {
  const manifest = createRequire(import.meta.url)(`@pulumi/${name}/package.json`) as { version: string };
  return manifest.version;
}

async function firstWith(program: string, dirs: readonly string[]): Promise<string | undefined> {
  for (const dir of dirs) {
    try {
      await access(join(dir, program), constants.X_OK);
      return dir;
    } catch {
      // Not here.
    }
  }
  return undefined;
}
