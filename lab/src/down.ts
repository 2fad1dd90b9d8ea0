/** Ends and removes all that `up` makes, complete or not. The cache stays. */
import { existsSync, readdirSync, rmdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cgroupPids, labCgroups, removeCgroups } from "./machine/cgroups.ts";
import { madeFoldersFile, mountNamespaceDir } from "./cluster/mountNamespace.ts";
import { allMounts, namespaceMounts, NETNS_DIR } from "./machine/mounts.ts";
import { stateDir } from "./paths.ts";
import { allPids, namespaceIdOf, processOf, readOr, signal } from "./machine/proc.ts";
import { endProcesses, endStrays, recordedServices } from "./machine/processes.ts";
import { run } from "./machine/run.ts";
import type { Step } from "./machine/steps.ts";
import { NAMESPACE_PREFIX, namespaceOf } from "./topology.ts";
import { restoreKernelTunables } from "./machine/tunables.ts";

export async function stopProcesses(step: Step): Promise<void> {
  await endStrays();
  const services = recordedServices().flatMap(({ process, name }) =>
    process === undefined ? [] : [{ ...process, name }],
  );
  const kubelets = services.filter(({ name }) => name.startsWith("kubelet"));
  // End the kubelets first: they would start again what this ends.
  await endProcesses(kubelets, 2_000);
  await endProcesses(services, 3_000);
  const others = await killInside();
  step.progress(`${services.length} services and ${others} processes of pods and others ended`);
}

export async function removeAll(step: Step): Promise<void> {
  await restoreKernelTunables();
  const mounts = labMounts();
  // Links, addresses, routes and rules are deleted with the network namespaces.
  for (const target of mounts.toReversed()) await run(["umount", "--lazy", target]);
  await removeNetnsDir();
  removeCgroups();
  for (const folder of readOr(madeFoldersFile, "").trim().split("\n").reverse()) removeIfEmpty(folder);
  await rm(stateDir, { recursive: true, force: true });
  step.progress(`${mounts.length} mounts and namespaces and ${stateDir} removed`);
}

/** Lists what still exists, in words. Empty if `down` has done its work. */
export function leftovers(): string[] {
  return [
    ...insidePids().map((pid) => `process ${pid} (${readOr(`/proc/${pid}/comm`, "?").trim()})`),
    ...labMounts().map((target) => `mount ${target}`),
    ...labCgroups().map((path) => `cgroup ${path}`),
    ...(existsSync(stateDir) ? [`folder ${stateDir}`] : []),
  ];
}

/**
 * Kills all processes in the lab's namespaces or cgroups, or in those of one node.
 * @returns how many it killed.
 */
export async function killInside(node?: string): Promise<number> {
  const killed = new Set<number>();
  for (let round = 0; round < 100; round++) {
    const pids = insidePids(node);
    if (pids.length === 0) break;
    for (const pid of pids) {
      killed.add(pid);
      signal(pid, "SIGKILL");
    }
    await sleep(100);
  }
  return killed.size;
}

/**
 * Lists the processes in a network or mount namespace of the lab or in one of its cgroups (pods have networks of their
 * own).
 */
function insidePids(node?: string): number[] {
  const files = [
    ...[...namespaceMounts()].map((name) => `${NETNS_DIR}/${name}`),
    ...labMounts().filter((target) => target.startsWith(`${mountNamespaceDir}/`)),
  ].filter((file) => node === undefined || [node, namespaceOf(node)].includes(basename(file)));
  // The inode number of a namespace's file is also in the link /proc/PID/ns/KIND.
  const inodes = new Set(files.map((file) => statSync(file).ino));
  const inCgroups = new Set(cgroupPids(node));
  return allPids().filter((pid) => {
    if (pid === process.pid || processOf(pid) === undefined) return false;
    const ids = [namespaceIdOf(pid, "net"), namespaceIdOf(pid, "mnt")];
    return inCgroups.has(pid) || ids.some((id) => inodes.has(Number(/\[(\d+)\]/.exec(id ?? "")?.[1])));
  });
}

/** Lists the lab's mounts in the order in which they were made. */
function labMounts(): string[] {
  const namespaces = new Set([...namespaceMounts()].map((name) => `${NETNS_DIR}/${name}`));
  const targets = allMounts().map(({ target }) => target);
  return targets.filter((target) => target.startsWith(`${stateDir}/`) || namespaces.has(target));
}

/** Removes the folder on which `ip netns add` mounts itself. Without a namespace in it, the folder is not needed. */
async function removeNetnsDir(): Promise<void> {
  if (!existsSync(NETNS_DIR)) return;
  // A killed `ip netns add` leaves a file on which nothing is mounted.
  for (const name of readdirSync(NETNS_DIR).filter((file) => file.startsWith(NAMESPACE_PREFIX))) {
    await rm(`${NETNS_DIR}/${name}`);
  }
  if (readdirSync(NETNS_DIR).length > 0) return;
  if (allMounts().some(({ target }) => target === NETNS_DIR)) await run(["umount", NETNS_DIR]);
  rmdirSync(NETNS_DIR);
}

function removeIfEmpty(folder: string): void {
  if (folder !== "" && existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
}
