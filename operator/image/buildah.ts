import { join } from "node:path";
import { z } from "zod";
import { run } from "./command.ts";

/** Under this name the kubelet finds it: localhost/ is never looked up in a registry. */
export const IMAGE_NAME = "localhost/esddns";

export interface BuiltImage {
  /** An OCI archive. */
  readonly archive: string;
  /** sha256:… of the image's manifest. */
  readonly digest: string;
}

const INSTALL = "Install it (Debian: apt-get install buildah), or set esddns:image to { reference: name@sha256:… }.";

/** The list of manifests of an OCI image layout. */
const layoutIndex = z.object({ manifests: z.tuple([z.object({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) })]) });

/**
 * Builds the context with buildah. Its storage is a folder of `work`, without mounts and without a daemon, so deleting
 * that leaves nothing behind. The same content has the same digest: every time stamp is 0, nothing is compressed.
 */
export async function buildArchive(
  work: string,
  { context, containerfile }: { context: string; containerfile: string },
): Promise<BuiltImage> {
  const archive = join(work, "image.tar");
  const storage = ["--root", join(work, "storage"), "--runroot", join(work, "run"), "--storage-driver", "vfs"];
  const output = ["--format", "oci", "--timestamp", "0", "--disable-compression", "--tag", `oci-archive:${archive}`];
  const env = { ...process.env, BUILDAH_ISOLATION: "chroot", STORAGE_DRIVER: "vfs", TMPDIR: work };
  const build = ["build", "--quiet", "--layers=false", "--file", containerfile, ...output, context];
  await run("buildah", [...storage, ...build], { env, install: INSTALL });
  const index = await run("tar", ["--extract", "--to-stdout", "--file", archive, "index.json"]);
  const [{ digest }] = layoutIndex.parse(JSON.parse(index)).manifests;
  return { archive, digest };
}
