import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Service } from "../machine/service.ts";

/**
 * The service, marked with a digest of the files that it reads once, at its start: when one of them changes, the
 * running service is no longer the one described, and is restarted.
 */
export async function configured(service: Service, files: readonly string[]): Promise<Service> {
  const hash = createHash("sha256");
  for (const file of files) hash.update(await readFile(file)).update("\0");
  return { ...service, env: { ...service.env, ESDDNS_LAB_CONFIGURATION: hash.digest("hex") } };
}
