/** Kernel settings of the whole machine that a kubelet sets and that `down` restores. */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stateDir } from "../paths.ts";

const names = [
  "kernel/keys/root_maxbytes",
  "kernel/keys/root_maxkeys",
  "kernel/panic",
  "kernel/panic_on_oops",
  "vm/overcommit_memory",
  "vm/panic_on_oom",
];

const file = join(stateDir, "kernel-tunables.json");

/** Saves the settings. Call it before the first kubelet starts. */
export async function saveKernelTunables(): Promise<void> {
  if (existsSync(file)) return;
  const values = await Promise.all(
    names.map(async (name) => [name, (await readFile(`/proc/sys/${name}`, "utf8")).trim()] as const),
  );
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.part`, JSON.stringify(Object.fromEntries(values)));
  await rename(`${file}.part`, file);
}

/** Restores the settings. Call it when no kubelet runs any more. */
export async function restoreKernelTunables(): Promise<void> {
  if (!existsSync(file)) return;
  const values = JSON.parse(await readFile(file, "utf8")) as Record<string, string>;
  await Promise.all(Object.entries(values).map(([name, value]) => writeFile(`/proc/sys/${name}`, value)));
}
