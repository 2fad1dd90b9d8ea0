import { z } from "zod";
import { run } from "./command.ts";

/** The list of manifests of an OCI image layout. */
const layoutIndex = z.object({ manifests: z.tuple([z.object({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) })]) });

/**
 * Returns sha256:… of the only image in an OCI archive.
 * @throws Error if it has no image, or more than one.
 */
export async function archiveDigest(archive: string): Promise<string> {
  const index = await run("tar", ["--extract", "--to-stdout", "--file", archive, "index.json"]);
  const [{ digest }] = layoutIndex.parse(JSON.parse(index)).manifests;
  return digest;
}
