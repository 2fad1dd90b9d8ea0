import { join } from "node:path";
import { z } from "zod";
import { archiveDigest } from "./archive.ts";
import { IMAGE_NAME, type Builder, type Source } from "./builder.ts";
import { run } from "./command.ts";

const INSTALL = "Install Docker, or set esddns:image to { reference: name@sha256:… }.";
const TOO_OLD =
  "The archive that this Docker writes does not name the image by digest; Docker 25 does. With an older one, push to a " +
  "registry: esddns:image.registry.";

/** Builds with the docker command. Its daemon may run on another machine. */
export function docker(work: string, { context, containerfile }: Source): Builder {
  // With this variable BuildKit sets every time stamp to 0 that it can set.
  const env = { ...process.env, SOURCE_DATE_EPOCH: "0" };
  const call = (...args: readonly string[]) => run("docker", args, { env, install: INSTALL });
  const build = (image: string) => call("build", "--quiet", "--file", containerfile, "--tag", image, context);
  const save = async (image: string) => {
    const archive = join(work, "image.tar");
    await build(image);
    await call("save", "--output", archive, image);
    return archive;
  };
  return {
    async ociArchive() {
      const archive = await save(`${IMAGE_NAME}:latest-build`);
      const digest = await archiveDigest(archive).catch((error: unknown) => {
        throw new Error(TOO_OLD, { cause: error });
      });
      return { archive, digest };
    },
    dockerArchive: save,
    async push(repository, tag) {
      const image = `${repository}:${tag}`;
      await build(image);
      await call("push", "--quiet", image);
      const printed = await call("image", "inspect", "--format", "{{json .RepoDigests}}", image);
      const pushed = z
        .array(z.string())
        .parse(JSON.parse(printed))
        .find((each) => each.startsWith(`${repository}@`));
      if (pushed === undefined) throw new Error(`docker pushed ${image}, but does not know its digest`);
      return pushed.slice(repository.length + 1);
    },
  };
}
