import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { archiveDigest } from "./archive.ts";
import type { Builder, Source } from "./builder.ts";
import { run } from "./command.ts";

const INSTALL = "Install it (Debian: apt-get install buildah), or set esddns:image to { reference: name@sha256:… }.";

/**
 * Builds with buildah. Its storage is a folder of `work`, without mounts and without a daemon, so deleting that folder
 * leaves nothing behind. The same content has the same digest: every time stamp is 0, and nothing in an archive is
 * compressed.
 */
export function buildah(work: string, { context, containerfile }: Source): Builder {
  const storage = ["--root", join(work, "storage"), "--runroot", join(work, "run"), "--storage-driver", "vfs"];
  const env = { ...process.env, BUILDAH_ISOLATION: "chroot", STORAGE_DRIVER: "vfs", TMPDIR: work };
  const call = (...args: readonly string[]) => run("buildah", [...storage, ...args], { env, install: INSTALL });
  const build = (...output: readonly string[]) =>
    call("build", "--quiet", "--layers=false", "--timestamp", "0", "--file", containerfile, ...output, context);
  return {
    async ociArchive() {
      const archive = join(work, "image.tar");
      await build("--format", "oci", "--disable-compression", "--tag", `oci-archive:${archive}`);
      return { archive, digest: await archiveDigest(archive) };
    },
    async dockerArchive(image) {
      const archive = join(work, "image.tar");
      await build("--format", "docker", "--disable-compression", "--tag", `docker-archive:${archive}:${image}`);
      return archive;
    },
    async push(repository, tag) {
      const [image, digestFile] = [`${repository}:${tag}`, join(work, "digest")];
      await build("--format", "oci", "--tag", image);
      await call("push", "--quiet", "--digestfile", digestFile, image, `docker://${image}`);
      return (await readFile(digestFile, "utf8")).trim();
    },
  };
}
