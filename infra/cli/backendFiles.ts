/**
 * Checks the files of a local backend (`pulumi login file://…`), after a command of Pulumi that was killed.
 *
 * Pulumi writes the state under a temporary name, then STACK.json.attrs in place, and then renames the state. A kill
 * between these steps leaves a whole state beside empty attributes, and every command ends with "failed to load
 * checkpoint: EOF". `pulumi stack init` even treats such a stack as missing and overwrites its state with an empty one.
 * Pulumi works without the attributes, so this moves them aside. It never touches a state.
 */
import { readdir, readFile, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

export interface FileFinding {
  /** A warning means that the file has been repaired. */
  readonly level: "warning" | "problem";
  readonly text: string;
}

interface BackendFiles {
  /** The URL as `pulumi whoami` prints it. */
  readonly url: string;
  /** The folder that a relative path of the URL starts from. */
  readonly cwd: string;
  readonly project: string;
  /**
   * The stack whose locks are checked, if any. State files of all stacks are checked, because Pulumi lists them all.
   */
  readonly stack?: string;
}

/** Moves damaged attributes aside if the state is whole, and reports every file that stops Pulumi. */
export async function mendBackendFiles({ url, cwd, project, stack }: BackendFiles): Promise<readonly FileFinding[]> {
  const folder = localFolder(url, cwd);
  if (folder === undefined) return [];
  const stacks = join(folder, ".pulumi", "stacks", project);
  const findings: FileFinding[] = await mendAttributes(join(folder, ".pulumi", "meta.yaml"));
  for (const name of await filesIn(stacks)) {
    const of = /^(.+)\.json(\.gz|\.zst)?$/.exec(name)?.[1];
    if (of === undefined) continue;
    const finding = await mendState(join(stacks, name), of);
    if (finding !== undefined) findings.push(finding);
  }
  if (stack === undefined) return findings;
  const locks = join(folder, ".pulumi", "locks", "organization", project, stack);
  return [...findings, ...(await brokenLocks(locks, stack))];
}

/** Returns the folder of a local backend, by the rules of the Pulumi CLI. Undefined for every other backend. */
export function localFolder(url: string, cwd: string): string | undefined {
  if (!url.startsWith("file://")) return undefined;
  const [path = ""] = url.slice("file://".length).split("?");
  return path.startsWith("~") ? join(homedir(), path.slice(1)) : resolve(cwd, path);
}

async function mendState(file: string, stack: string): Promise<FileFinding | undefined> {
  const whole = await isWhole(file);
  // Pulumi itself says why a file cannot be read.
  if (whole === undefined) return undefined;
  if (!whole) return { level: "problem", text: await damagedState(file, stack) };
  return (await mendAttributes(file))[0];
}

/** Moves the attributes of a whole file aside if they are damaged. */
async function mendAttributes(file: string): Promise<FileFinding[]> {
  const attributes = `${file}.attrs`;
  if ((await isWhole(attributes)) !== false) return [];
  const aside = `${attributes}.damaged`;
  await rename(attributes, aside);
  const cause = `A killed command of Pulumi left ${attributes} empty or cut off`;
  return [{ level: "warning", text: `${cause}. The file beside it is whole. Moved the attributes to ${aside}` }];
}

async function damagedState(file: string, stack: string): Promise<string> {
  const what = `Pulumi's state ${file} is empty or cut off`;
  const copy = `${file}.bak`;
  if ((await isWhole(copy)) !== true)
    return `${what}, and there is no whole copy beside it. Look at docs/state-lost.md`;
  const restore = `mv '${file}' '${file}.damaged' && cp '${copy}' '${file}' && pulumi refresh --stack ${stack}`;
  return `${what}. Its copy from one step before is whole. Restore it: ${restore} (docs/state-lost.md)`;
}

/**
 * Reports broken locks. Pulumi reads every file in that folder as a lock, and ends with "unexpected end of JSON input"
 * at an empty one.
 */
async function brokenLocks(folder: string, stack: string): Promise<FileFinding[]> {
  const names = (await filesIn(folder)).filter((name) => !name.endsWith(".attrs"));
  const whole = await Promise.all(names.map((name) => isWhole(join(folder, name))));
  const broken = names.find((_, index) => whole[index] === false);
  if (broken === undefined) return [];
  const cause = `A killed command of Pulumi left a broken lock, ${join(folder, broken)}`;
  return [{ level: "problem", text: `${cause}. If no other command runs: pulumi cancel --stack ${stack}` }];
}

/**
 * Returns whether a file is a whole JSON object. Undefined if it does not exist, or cannot be read, for instance since a
 * command ran as root: it may be whole then.
 */
async function isWhole(file: string): Promise<boolean | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(unpacked(file, bytes).toString());
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

function unpacked(file: string, bytes: Buffer): Buffer {
  if (/\.gz(\.bak)?$/.test(file)) return gunzipSync(bytes);
  return /\.zst(\.bak)?$/.test(file) ? zstdDecompressSync(bytes) : bytes;
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch {
    return [];
  }
}
