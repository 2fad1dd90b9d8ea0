import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stateDir } from "../paths.ts";

/** Everything of the lab's internet that is written to disk, but for the CA and the token, which others read. */
export const internetDir = join(stateDir, "internet");

export const caCertificate = join(stateDir, "pki", "internet-ca.crt");
export const caKey = join(stateDir, "pki", "internet-ca.key");

/** The token of the stand-in's one account: Gandi's personal access token and its older API key at once. */
export const gandiTokenFile = join(stateDir, "gandi-token");

/** Where the running stand-in listens for its tests. */
export const gandiControlSocket = join(internetDir, "gandi-control.sock");

export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** The files of a host's TLS certificate. */
export function tlsFiles(hostName: string): KeyPair {
  const base = join(internetDir, "tls", hostName);
  return { certificate: `${base}.crt`, key: `${base}.key` };
}

/** Replaces the file in one step, so that a kill leaves the old or the new one; does nothing where it is the same. */
export async function put(file: string, content: string, mode = 0o644): Promise<void> {
  if ((await readIfThere(file)) === content) return;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, content, { mode });
  await rename(`${file}.new`, file);
}

/** The file's text; undefined where there is none. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
