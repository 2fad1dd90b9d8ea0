import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the checkout. */
export const projectDir = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/**
 * The files that one run of the lab leaves for the next command: process ids, logs, keys, etcd, Pulumi's state. `down`
 * empties it.
 */
export const stateDir = process.env["ESDDNS_LAB_STATE"] ?? "/var/lib/esddns-lab";

/** The files that `down` keeps and all clones share: built binaries, charts, base images. */
export const cacheDir = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "esddns-lab");

export const logDir = join(stateDir, "logs");

/** The folder of the built binaries of lab/toolchain: kubectl, pulumi, helm, … */
export const binDir = join(cacheDir, "bin");
