/** The cgroups of the lab's pods: one tree with a name of its own in every hierarchy, for cgroup v1 and v2 alike. */
import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { allMounts, type Mount } from "./mounts.ts";
import { readOr } from "./proc.ts";

/** The path below the root of each hierarchy. A kubelet puts its pods into CGROUP_ROOT/NODE. */
export const CGROUP_ROOT = "esddns-lab";

/** Creates the root of a kubelet's cgroups. The kubelet expects it in every hierarchy. */
export function ensureCgroup(node: string): void {
  for (const { target, type } of hierarchies()) {
    const path = join(target, CGROUP_ROOT, node);
    mkdirSync(path, { recursive: true });
    if (type === "cgroup2") delegate([target, join(target, CGROUP_ROOT)]);
  }
}

/** Lists all cgroups of the lab, or those of one node, children before their parents. */
export function labCgroups(node = ""): string[] {
  return hierarchies()
    .map(({ target }) => join(target, CGROUP_ROOT, node))
    .filter((path) => existsSync(path))
    .flatMap(descend);
}

export function cgroupPids(node?: string): number[] {
  const pids = labCgroups(node).flatMap((path) => readOr(join(path, "cgroup.procs"), "").split("\n"));
  return [...new Set(pids)].filter((text) => text !== "").map(Number);
}

/** Removes empty cgroups. rmdir(2) refuses the others. */
export function removeCgroups(node?: string): void {
  for (const path of labCgroups(node)) {
    try {
      rmdirSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
    }
  }
}

function hierarchies(): Mount[] {
  return allMounts().filter(({ type }) => type === "cgroup" || type === "cgroup2");
}

/** Passes controllers on to children. In cgroup v2 a child has only those that its parent passes on. */
function delegate(paths: readonly string[]): void {
  for (const path of paths) {
    const controllers = readOr(join(path, "cgroup.controllers"), "").trim().split(" ").filter(Boolean);
    const enable = controllers.map((controller) => `+${controller}`).join(" ");
    if (enable !== "") writeFileSync(join(path, "cgroup.subtree_control"), enable);
  }
}

function descend(path: string): string[] {
  const children = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...children.flatMap((entry) => descend(join(path, entry.name))), path];
}
