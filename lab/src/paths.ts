import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const projectDir = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** What one run of the lab leaves for the next command: process ids, logs, keys, etcd, Pulumi's state. `down` empties it. */
export const stateDir = process.env["ESDDNS_LAB_STATE"] ?? "/var/lib/esddns-lab";

/** What survives `down` and serves every clone: built binaries, charts, base images. */
export const cacheDir = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "esddns-lab");

export const logDir = join(stateDir, "logs");

/** Where the binary of a tool of lab/toolchain stands once it is built: kubectl, pulumi, helm, … */
export const binDir = join(cacheDir, "bin");
