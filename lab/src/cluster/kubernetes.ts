/** Which Kubernetes the lab runs: the versions that lab/toolchain pins, from the oldest that the product is for. */
import { existsSync } from "node:fs";
import { UsageError } from "../errors.ts";
import { stateDir } from "../paths.ts";
import { pinnedVersion, type Pinned } from "../toolchain/pinned.ts";
import { readSettings } from "../settings.ts";

/** What runs, or was asked for last, by `npm run lab -- --kubernetes VERSION`. */
export async function chosenKubernetes(): Promise<Pinned> {
  return kubernetesOf((await readSettings()).kubernetes);
}

/** @throws {UsageError} that names the versions, for another one. */
export function kubernetesOf(version: string | undefined): Promise<Pinned> {
  return pinnedVersion("Kubernetes", ["kubernetes", "kubernetes-oldest", "kubernetes-newest"], version);
}

/** @throws {UsageError} where a cluster of another version is there: its etcd may hold what that one cannot read. */
export async function newKubernetes(version: string): Promise<string> {
  const asked = await kubernetesOf(version);
  const there = await chosenKubernetes();
  if (!existsSync(stateDir) || there.version === asked.version) return asked.version;
  throw new UsageError(
    `the lab is a Kubernetes ${there.version}, and is not turned into a ${asked.version}`,
    "npm run lab -- down",
  );
}
