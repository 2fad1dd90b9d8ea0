/** A stack beside the lab's own, on the same cluster. */
import { rm } from "node:fs/promises";
import { stackConfigFile } from "@esddns/lab";
import { lab, stackOutputs, type CommandResult } from "./lab.ts";

export const SECOND = "production";
/** Of its pool; the page has the first address. */
export const RANGE = "192.168.1.120-192.168.1.129";

/** One command, as for a user: it adopts the MetalLB and the definitions that are there. */
export async function adopt(): Promise<CommandResult> {
  return lab(["deploy", SECOND, RANGE, "--adopt", "--image", await image()]);
}

/** The lab's own stack has it on the nodes already: that spares the time of building it again. */
export async function image(): Promise<string> {
  return String((await stackOutputs())["operatorImage"]);
}

/** Nothing is left of it, whatever a test has come to. */
export async function removeSecond(): Promise<void> {
  await lab(["destroy", SECOND, "--yes"]);
  await lab(["pulumi", "stack", "rm", "--stack", SECOND, "--yes", "--preserve-config"]);
  await rm(stackConfigFile(SECOND), { force: true });
}

export function told({ stdout, stderr }: CommandResult): string {
  return `${stdout}\n${stderr}`;
}
