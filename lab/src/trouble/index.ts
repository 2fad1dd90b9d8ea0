/**
 * Troubles of the lab's internet, switched on and off while it runs. Which are on is written down before they are
 * brought about, so a killed command is undone by `off` or by the next `up`.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { API_SERVER, apiServer } from "../cluster/controlPlane.ts";
import { UsageError } from "../errors.ts";
import { LAN_SWITCH } from "../network/hosts.ts";
import { chosenKubernetes } from "../cluster/kubernetes.ts";
import { gandiControl } from "../internet/gandi/control.ts";
import { signal } from "../machine/proc.ts";
import { ensureRunning, recordedServices, stop } from "../machine/processes.ts";
import { ipBatch, run } from "../machine/run.ts";
import type { Step } from "../machine/steps.ts";
import { troubleDir, troubles, type Trouble } from "./catalogue.ts";
import { addRules, removeRules } from "./rules.ts";

const stateFile = join(troubleDir, "on.json");

/** @throws {UsageError} naming those that there are. */
export function troubleNamed(name: string): Trouble {
  const found = troubles.find((trouble) => trouble.name === name);
  if (found !== undefined) return found;
  throw new UsageError(`"${name}" is no trouble of the lab; there are ${troubles.map((t) => t.name).join(", ")}`);
}

/** The names of those that are on, in the order in which they were switched on. */
export async function troublesOn(): Promise<string[]> {
  return existsSync(stateFile) ? (JSON.parse(await readFile(stateFile, "utf8")) as string[]) : [];
}

export async function switchOn(trouble: Trouble, step: Step): Promise<void> {
  const others = (await troublesOn()).filter((name) => name !== trouble.name);
  await remember([...others, trouble.name]);
  if (trouble.selfSigned !== undefined) await selfSign(trouble.selfSigned);
  await ensureRunning(trouble.services ?? [], step);
  await addRules(trouble.rules ?? []);
  if (trouble.gandi !== undefined) await gandiFaults([...others, trouble.name]);
  if (trouble.apiServer === "dead") await stop(API_SERVER);
  if (trouble.apiServer === "hangs") signalApiServer("SIGSTOP");
  if (trouble.unplugged !== undefined) await ipBatch(LAN_SWITCH, [`link set ${trouble.unplugged} down`]);
}

/** Also undoes what a killed `switchOn` had begun. */
export async function switchOff(trouble: Trouble, step: Step): Promise<void> {
  const others = (await troublesOn()).filter((name) => name !== trouble.name);
  await removeRules(trouble.rules ?? []);
  for (const { name } of trouble.services ?? []) await stop(name);
  if (trouble.gandi !== undefined && isRunning("gandi")) await gandiFaults(others);
  if (trouble.apiServer === "hangs") signalApiServer("SIGCONT");
  // Without its store it cannot start; then the lab has to be repaired, which starts it too.
  if (trouble.apiServer === "dead" && isRunning("etcd"))
    await ensureRunning([apiServer(await chosenKubernetes())], step);
  if (trouble.unplugged !== undefined) await ipBatch(LAN_SWITCH, [`link set ${trouble.unplugged} up`]);
  await remember(others);
}

export async function clearTroubles(step: Step): Promise<void> {
  for (const name of await troublesOn()) await switchOff(troubleNamed(name), step);
}

async function remember(names: readonly string[]): Promise<void> {
  await mkdir(troubleDir, { recursive: true });
  await writeFile(`${stateFile}.part`, JSON.stringify(names));
  await rename(`${stateFile}.part`, stateFile);
}

/** The stand-in forgets its faults only all at once. */
async function gandiFaults(names: readonly string[]): Promise<void> {
  const control = gandiControl();
  await control.clearFaults();
  for (const { name, gandi } of troubles) {
    if (gandi !== undefined && names.includes(name)) await control.addFault({ fault: gandi });
  }
}

async function selfSign({ certificate, key }: { certificate: string; key: string }): Promise<void> {
  const identity = ["-subj", "/CN=portal.example.net", "-addext", "subjectAltName=DNS:portal.example.net"];
  await run([
    ...(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"] as const),
    ...["-days", "30", ...identity, "-keyout", key, "-out", certificate],
  ]);
}

function isRunning(name: string): boolean {
  return recordedServices().some((service) => service.name === name && service.process !== undefined);
}

function signalApiServer(name: "SIGSTOP" | "SIGCONT"): void {
  const running = recordedServices().find((service) => service.name === API_SERVER)?.process;
  if (running !== undefined) signal(running.pid, name);
}
