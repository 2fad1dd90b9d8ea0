import { existsSync } from "node:fs";
import { IMAGE_NAME, type BuiltImage } from "./buildah.ts";
import { run } from "./command.ts";

const INSTALL = "It comes with containerd (Debian: apt-get install containerd).";

/**
 * Loads an image into a node's containerd, in the namespace that the kubelet looks in, under its digest alone.
 * It is unpacked when the first pod wants it, into whatever snapshotter that node uses.
 */
export async function load(socket: string, image: BuiltImage): Promise<void> {
  if (!existsSync(socket)) {
    throw new Error(`${socket} is not there: is containerd running, and is esddns:image.containerd right?`);
  }
  const images = ["--address", socket, "--namespace", "k8s.io", "images"];
  const ctr = (args: readonly string[]) => run("ctr", [...images, ...args], { install: INSTALL });
  await ctr(["import", "--base-name", IMAGE_NAME, "--digests", "--no-unpack", image.archive]);
  const reference = `${IMAGE_NAME}@${image.digest}`;
  const names = (await ctr(["list", "--quiet"])).split("\n");
  if (!names.includes(reference)) throw new Error(`${socket} took the image, but not as ${reference}`);
}
