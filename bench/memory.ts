/** Resident memory of the stack's pods, and of Node alone on the same machine. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cgroupPids, environmentOf, readOr } from "@esddns/lab";
import { namespace } from "./lab.ts";

export interface Resident {
  readonly name: string;
  readonly residentMiB: number;
  /** Without what it has mapped of files, Node's binary above all, which all pods of a node share. */
  readonly ownMiB: number;
}

/** The same binary as in the image, doing nothing: what no program on Node can be below. */
export async function bareNode(): Promise<Resident> {
  const idle = "setTimeout(() => process.stdout.write('up'), 1000); setInterval(() => undefined, 1e8)";
  const child = spawn(process.execPath, ["-e", idle], { stdio: ["ignore", "pipe", "inherit"], env: {} });
  try {
    await once(child.stdout, "data");
    return resident("bare Node", child.pid ?? 0);
  } finally {
    child.kill();
  }
}

/** Of every pod of the stack's namespace that runs this project's program. */
export function podMemory(): Resident[] {
  return cgroupPids()
    .filter((pid) => environmentOf(pid, "POD_NAMESPACE") === namespace)
    .filter((pid) => readOr(`/proc/${pid}/cmdline`, "").includes("/app/esddns.cjs"))
    .map((pid) => resident(environmentOf(pid, "POD_NAME") ?? String(pid), pid))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** proc(5): VmRSS is the sum of RssAnon, RssFile and RssShmem. */
function resident(name: string, pid: number): Resident {
  const text = readOr(`/proc/${pid}/status`, "");
  const miB = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)?.[1]) / 1024;
  return { name, residentMiB: miB("VmRSS"), ownMiB: miB("RssAnon") };
}
