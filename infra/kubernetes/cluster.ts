/** Reads and writes the cluster through kubectl, which supports every way to log in to one. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { parseAnswer, reasonOf, failedRead, type Read } from "@esddns/common/cluster";
import { clean } from "@esddns/common/text";
import type { z } from "zod";
import { collect, type Ended } from "../process.ts";

/** The values of `kubernetes:kubeconfig` (a path or the content of one) and `kubernetes:context`, if they are set. */
export interface Connection {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

export class Cluster {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async kubectl(args: readonly string[], input?: string): Promise<Ended> {
    const { kubeconfig, context } = this.#connection;
    const { file, remove } = await asFile(kubeconfig);
    try {
      const all = [
        ...(file === undefined ? [] : ["--kubeconfig", file]),
        ...(context === undefined ? [] : ["--context", context]),
        "--request-timeout=15s",
        ...args,
      ];
      const options = { timeoutMs: TIMEOUT_MS, ...(input === undefined ? {} : { input }) };
      return await collect([process.env["KUBECTL"] ?? "kubectl", ...all], options);
    } finally {
      await remove();
    }
  }

  /** Sends a GET for a path of the API server. */
  async get<T>(path: string, schema: z.ZodType<T>): Promise<Read<T>> {
    const { status, stdout, stderr } = await this.kubectl(["get", "--raw", path]);
    if (status === 0) return parseAnswer(path, stdout, schema);
    const lastLine = clean(stderr.trim().split("\n").at(-1) ?? "", MAX_LINE);
    return status === 127 ? failedRead(`${lastLine}. ${INSTALL}`) : failedRead(lastLine, reasonOf(stderr));
  }
}

const TIMEOUT_MS = 30_000;
/** The longest message of kubectl that is kept, in characters. It may contain the API server's words. */
const MAX_LINE = 1_000;

const INSTALL = "Install kubectl (https://kubernetes.io/docs/tasks/tools/), or name its path in KUBECTL";

/** Writes content into a file that only this user can read. The file exists while kubectl runs. */
async function asFile(kubeconfig: string | undefined): Promise<{ file?: string; remove: () => Promise<void> }> {
  const nothing = () => Promise.resolve();
  if (kubeconfig === undefined) return { remove: nothing };
  if (!kubeconfig.includes("\n") && !kubeconfig.trimStart().startsWith("{"))
    // Expand ~ as the provider does: the path comes from a YAML file, so no shell has expanded it.
    return { file: kubeconfig.replace(/^~(?=$|[\\/])/, homedir), remove: nothing };
  const dir = await mkdtemp(join(tmpdir(), "esddns-kubeconfig-"));
  const file = join(dir, "config");
  await writeFile(file, kubeconfig, { mode: 0o600 });
  await chmod(file, 0o600);
  return { file, remove: () => rm(dir, { recursive: true, force: true }) };
}
