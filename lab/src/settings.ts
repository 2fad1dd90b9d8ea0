/**
 * Stores what the user has changed in the lab's usual state. A command writes the setting before it applies it, so that
 * the next command completes a killed one.
 */
import { join } from "node:path";
import { nodes } from "./network/hosts.ts";
import { put, readIfThere } from "./internet/files.ts";
import { stateDir } from "./paths.ts";
import type { Host } from "./topology.ts";

export interface Settings {
  /** Whether the router speaks BGP with the nodes. */
  readonly bgp: boolean;
  /** The version of MetalLB. If missing, the one that the project installs by default. */
  readonly metallb?: string;
  /** The version of Kubernetes. If missing, the usual one. */
  readonly kubernetes?: string;
  /** How many nodes the cluster has: the first ones of hosts.ts. */
  readonly nodes: number;
}

const usual: Settings = { bgp: false, nodes: nodes.length };

const file = join(stateDir, "settings.json");

export async function readSettings(): Promise<Settings> {
  return { ...usual, ...(JSON.parse((await readIfThere(file)) ?? "{}") as Partial<Settings>) };
}

export async function changeSettings(change: Partial<Settings>): Promise<void> {
  await put(file, JSON.stringify({ ...(await readSettings()), ...change }));
}

/** Returns the nodes of the cluster. node1 is always one, because it has the control plane. */
export async function clusterNodes(): Promise<readonly Host[]> {
  return nodes.slice(0, (await readSettings()).nodes);
}
