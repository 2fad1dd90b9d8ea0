/** Nodes that leave, when the lab is to have fewer of them (settings.ts). Whatever is gone already is passed over. */
import { rm } from "node:fs/promises";
import { removeCgroups } from "../machine/cgroups.ts";
import { killInside } from "../down.ts";
import { nodes } from "../network/hosts.ts";
import { recordedServices, stop } from "../machine/processes.ts";
import { clusterNodes } from "../settings.ts";
import type { Step } from "../machine/steps.ts";
import type { Host } from "../topology.ts";
import { kubectl } from "./kubectl.ts";
import { removeMountNamespace } from "./mountNamespace.ts";
import { nodeDir } from "./node.ts";

/** Ends what runs on them, and then has the cluster forget them; the host stays on the LAN. Needs the API server. */
export async function dismissOthers(step: Step): Promise<void> {
  for (const { name } of await others()) {
    const services = recordedServices().filter(({ host }) => host === name);
    if (services.length > 0) step.progress(`${name} leaves the cluster`);
    await Promise.all(services.map((service) => stop(service.name)));
    // Containers outlive containerd, by way of their shims.
    await killInside(name);
    await removeMountNamespace(name);
    removeCgroups(name);
    await kubectl("delete", "node", name, "--ignore-not-found", "--wait=false");
    // The cluster does so by itself, a minute later; until then their Services would lead to pods that are not there.
    const itsPods = ["--all-namespaces", `--field-selector=spec.nodeName=${name}`];
    await kubectl("delete", "pods", ...itsPods, "--force", "--grace-period=0", "--wait=false");
  }
}

/**
 * Their images and all else that they kept: who comes back is a new machine. Not before the stack has been told of the
 * nodes that are left: it brings its image to those that it had not, and would take this one to have it.
 */
export async function clearOthers(): Promise<void> {
  for (const { name } of await others()) await rm(nodeDir(name), { recursive: true, force: true });
}

async function others(): Promise<Host[]> {
  const staying = await clusterNodes();
  return nodes.filter((node) => !staying.includes(node));
}
