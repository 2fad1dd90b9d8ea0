import { chmod, copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "./command.ts";

/** Node looks its user up by number and fails without an entry. */
const PASSWD = "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n";
const GROUP = "root:x:0:\nnonroot:x:65532:\n";
/** Without this file, versions of glibc differ in what they do. */
const NSSWITCH = "hosts: files dns\n";

/**
 * Lays out the image's file system: Node, the shared libraries that it is linked with, and the program. Node brings
 * the public CA certificates itself. Modes are set one by one: the image must not depend on the umask.
 */
export async function stage(root: string, { program, node }: { program: string; node: string }): Promise<void> {
  await mkdir(root, { recursive: true });
  await chmod(root, 0o755);
  await place(root, "/usr/bin/node", 0o755, (target) => copyFile(node, target));
  for (const library of await librariesOf(node)) {
    await place(root, library, 0o755, (target) => copyFile(library, target));
  }
  await place(root, "/app/esddns.cjs", 0o644, (target) => writeFile(target, program));
  await place(root, "/etc/passwd", 0o644, (target) => writeFile(target, PASSWD));
  await place(root, "/etc/group", 0o644, (target) => writeFile(target, GROUP));
  await place(root, "/etc/nsswitch.conf", 0o644, (target) => writeFile(target, NSSWITCH));
}

/** Returns the paths in the output of `ldd`: `libm.so.6 => /lib/… (0x…)` and `/lib64/ld-linux-x86-64.so.2 (0x…)`. */
export function librariesIn(ldd: string): string[] {
  const missing = /^\s*(\S+) => not found/m.exec(ldd);
  if (missing) throw new Error(`Node's library ${missing[1] ?? ""} is not installed here`);
  return [...ldd.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/gm)]
    .flatMap(([, path]) => (path ? [path] : []))
    .sort();
}

async function librariesOf(binary: string): Promise<string[]> {
  return librariesIn(await run("ldd", [binary]));
}

async function place(
  root: string,
  path: string,
  mode: number,
  write: (target: string) => Promise<void>,
): Promise<void> {
  const target = join(root, path);
  for (const parent of parentsOf(path)) {
    await mkdir(join(root, parent), { recursive: true });
    await chmod(join(root, parent), 0o755);
  }
  await write(target);
  await chmod(target, mode);
}

/** Returns `/usr` and `/usr/bin` for `/usr/bin/node`. */
function parentsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === "/" ? [] : [...parentsOf(parent), parent];
}
