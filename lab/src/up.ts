/** Brings the whole lab up: from nothing, from a running lab, or from what a killed run left. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { prepareCluster, startContainerds, startControlPlane, startNodes } from "./cluster/index.ts";
import { ensureKernel, ensurePackages } from "./toolchain/debian.ts";
import { removeAll } from "./down.ts";
import { buildImages, importImages } from "./cluster/images.ts";
import { internetServices, prepareInternet } from "./internet/index.ts";
import { chosenKubernetes } from "./cluster/kubernetes.ts";
import { chartArchive, chosenMetallb } from "./cluster/metallb.ts";
import { ensureNetwork } from "./network/network.ts";
import { ensureMonitoringKinds } from "./stack/prometheus.ts";
import { notesService } from "./internet/notifications/index.ts";
import { stateDir } from "./paths.ts";
import { ensurePortMapping } from "./routers/portmap/router.ts";
import { readOr } from "./machine/proc.ts";
import { endStrays, ensureRunning } from "./machine/processes.ts";
import type { Steps } from "./machine/steps.ts";
import { changeSettings, type Settings } from "./settings.ts";
import { ensureToolchain } from "./toolchain/toolchain.ts";
import { clearTroubles, troublesOn } from "./trouble/index.ts";

/** Starts everything below the stack, with these settings from now on. Steps that do not need each other overlap. */
export async function upLab(steps: Steps, settings: Partial<Settings>): Promise<void> {
  await endStrays();
  await forgetEarlierBoot(steps);
  await changeSettings(settings);
  if ((await troublesOn()).length > 0) await steps.step("Troubles off", clearTroubles);
  const packages = steps.step("Debian packages", async (step) => {
    await ensurePackages(step);
    await ensureKernel();
  });
  const toolchain = steps.step("Toolchain", async (step) => {
    const chosen = await Promise.all([chosenKubernetes(), chosenMetallb()]);
    await ensureToolchain(
      step,
      chosen.map(({ tool }) => tool),
    );
  });
  const network = packages.then(() => steps.step("Network", ensureNetwork));
  const internet = network.then(() =>
    steps.step("Internet", async (step) => {
      await prepareInternet();
      await ensureRunning([...(await internetServices()), await notesService()], step);
      await ensurePortMapping(step);
    }),
  );
  await Promise.all([internet, upCluster(steps, Promise.all([network, toolchain]))]);
}

async function upCluster(steps: Steps, prerequisites: Promise<unknown>): Promise<void> {
  await prerequisites;
  const services = await steps.step("Cluster configuration", async () => {
    const [prepared] = await Promise.all([prepareCluster(), chartArchive(await chosenMetallb())]);
    return prepared;
  });
  const controlPlane = steps.step("Control plane", startControlPlane);
  const images = steps.step("Images", async (step) => {
    const [archives] = await Promise.all([buildImages(step), startContainerds(services, step)]);
    await importImages(archives, step);
  });
  const ready = controlPlane.then(() => steps.step("Nodes", (step) => startNodes(services, step)));
  const kinds = controlPlane.then(() => steps.step("Prometheus operator's kinds", ensureMonitoringKinds));
  await Promise.all([images, ready, kinds]);
}

/**
 * Removes the records of an earlier boot. After a reboot the namespaces and processes no longer exist, but their
 * records do.
 */
async function forgetEarlierBoot(steps: Steps): Promise<void> {
  const boot = readOr("/proc/sys/kernel/random/boot_id", "").trim();
  const file = join(stateDir, "boot-id");
  if (existsSync(stateDir) && existsSync(file) && readOr(file, "") !== boot) {
    await steps.step("State of an earlier boot", removeAll);
  }
  await mkdir(stateDir, { recursive: true, mode: 0o755 });
  await writeFile(file, boot);
}
