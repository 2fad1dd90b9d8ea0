/**
 * A mount namespace for each node: containerd and the kubelet have folders that no option moves. Each node sees one of
 * its own there, and every mount that they make goes away with the namespace.
 */
import { existsSync } from "node:fs";
import { appendFile, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { allMounts } from "../machine/mounts.ts";
import { stateDir } from "../paths.ts";
import { run } from "../machine/run.ts";

/** The namespaces are kept alive by files here, on a mount that propagates nowhere, as unshare(1) asks. */
export const mountNamespaceDir = join(stateDir, "mount-namespaces");

/** Folders that had to be made on this machine for want of a place to mount on; `down` removes them. */
export const madeFoldersFile = join(stateDir, "made-folders");

/** Folders of the machine in whose place each node has its own. */
const hardCoded: Readonly<Record<string, string>> = {
  "/run/containerd": "sockets of the containers' shims",
  "/var/lib/cni": "results of the network plugins",
  "/var/lib/kubelet": "sockets of device plugins, the pods' volumes",
  "/var/log/containers": "links to the containers' logs",
  "/var/log/pods": "the containers' logs",
};

/** The start of a command line that runs in the node's mount namespace. */
export function inMountNamespace(node: string): readonly [string, ...string[]] {
  return ["nsenter", `--mount=${join(mountNamespaceDir, node)}`, "--"];
}

export async function ensureMountNamespace(node: string): Promise<void> {
  const file = join(mountNamespaceDir, node);
  const complete = `${file}.complete`;
  const mounted = allMounts().some(({ target }) => target === file);
  if (mounted && existsSync(complete)) return;
  if (mounted) await run(["umount", file]);
  await rm(complete, { force: true });
  const binds: string[] = [];
  for (const target of Object.keys(hardCoded)) {
    const own = join(stateDir, node, target.slice(1).replaceAll("/", "-"));
    await mkdir(own, { recursive: true });
    binds.push(`mount --bind ${own} ${target}`);
  }
  await writeFile(file, "");
  // The copies of the hosts' network namespaces would keep them from going away.
  const script = [...binds, "umount -R /run/netns", "mount --make-rshared /", `touch ${complete}`].join("\n");
  await run(["unshare", `--mount=${file}`, "--propagation=slave", "sh", "-euc", script]);
}

/** All that was mounted there goes with the last process in it. */
export async function removeMountNamespace(node: string): Promise<void> {
  const file = join(mountNamespaceDir, node);
  if (allMounts().some(({ target }) => target === file)) await run(["umount", file]);
}

/** To be done once, before the first namespace. */
export async function ensureMountNamespaceDir(): Promise<void> {
  for (const path of Object.keys(hardCoded)) await makeFolder(path);
  await mkdir(mountNamespaceDir, { recursive: true });
  if (!allMounts().some(({ target }) => target === mountNamespaceDir)) {
    await run(["mount", "--bind", mountNamespaceDir, mountNamespaceDir]);
  }
  await run(["mount", "--make-private", mountNamespaceDir]);
}

async function makeFolder(path: string): Promise<void> {
  if (existsSync(path)) return;
  await makeFolder(dirname(path));
  await appendFile(madeFoldersFile, `${path}\n`);
  await mkdir(path, { recursive: true });
}
