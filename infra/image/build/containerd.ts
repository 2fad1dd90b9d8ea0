import { existsSync } from "node:fs";
import { IMAGE_NAME, type BuiltImage } from "./builder.ts";
import { run } from "./command.ts";

/** How to run ctr against the containerd of one node. */
export interface Access {
  readonly program: string;
  readonly args: readonly string[];
  /** The socket, if it is on this machine. */
  readonly local: string | undefined;
}

const INSTALL = "It comes with containerd (Debian: apt-get install containerd) or k3s.";

/**
 * Returns the access to a node's containerd. `/run/containerd/containerd.sock` is on this machine,
 * `ssh://root@node2/run/containerd/containerd.sock` on another. k3s has a ctr of its own. The namespace is the one that
 * the kubelet uses.
 */
export function accessTo(node: string): Access {
  const remote = /^ssh:\/\/([^/]+)(\/.+)$/.exec(node);
  const socket = remote?.[2] ?? node;
  const program: [string, ...string[]] = socket.startsWith("/run/k3s/") ? ["k3s", "ctr"] : ["ctr"];
  const [file, ...args] = [...program, "--address", socket, "--namespace", "k8s.io", "images"];
  if (remote?.[1] === undefined) return { program: file, args, local: socket };
  // No user is present to enter a password.
  return { program: "ssh", args: ["-o", "BatchMode=yes", remote[1], "--", file, ...args], local: undefined };
}

/**
 * Loads an image into a node's containerd, only under its digest. It is unpacked when the first pod needs it, into the
 * snapshotter that this node uses.
 */
export async function load(node: string, image: BuiltImage): Promise<void> {
  const { program, args, local } = accessTo(node);
  if (local !== undefined && !existsSync(local)) {
    throw new Error(`${local} is not there: is containerd running, and is esddns:image.containerd right?`);
  }
  const ctr = (more: readonly string[], stdinFile?: string) =>
    run(program, [...args, ...more], { install: INSTALL, ...(stdinFile === undefined ? {} : { stdinFile }) });
  await ctr(["import", "--base-name", IMAGE_NAME, "--digests", "--no-unpack", "-"], image.archive);
  const reference = `${IMAGE_NAME}@${image.digest}`;
  const names = (await ctr(["list", "--quiet"])).split("\n");
  if (!names.includes(reference)) throw new Error(`${node} took the image, but not as ${reference}`);
}
