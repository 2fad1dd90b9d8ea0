/** Runs the helm binary that is on PATH. */
import { spawn } from "node:child_process";
import { z } from "zod";

interface HelmCall {
  readonly args: readonly string[];
  readonly kubeconfigFile?: string | undefined;
  readonly kubeContext?: string | undefined;
  /** Goes to `--values -`: values may be secret and must not be seen in a process list. */
  readonly stdin?: string;
}

/** Resolves with stdout; rejects with what helm said, without its `Error: `. */
export type Helm = (call: HelmCall, signal: AbortSignal) => Promise<string>;

export class HelmError extends Error {}

export const runHelm: Helm = async (call, signal) => {
  const connection = [
    ...(call.kubeconfigFile === undefined ? [] : ["--kubeconfig", call.kubeconfigFile]),
    ...(call.kubeContext === undefined ? [] : ["--kube-context", call.kubeContext]),
  ];
  return new Promise((resolve, reject) => {
    const child = spawn("helm", [...call.args, ...connection], { stdio: ["pipe", "pipe", "pipe"], signal });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    // helm may end without reading its input.
    child.stdin.on("error", () => undefined);
    child.stdin.end(call.stdin ?? "");
    child.on("error", (error) => {
      reject(new HelmError(`helm ${call.args[0] ?? ""}: ${error.message}`, { cause: error }));
    });
    child.on("close", (code) => {
      const said = Buffer.concat(err).toString("utf8").trim();
      if (code === 0) resolve(Buffer.concat(out).toString("utf8"));
      else reject(new HelmError(said.replace(/^[\s\S]*?Error: /, "") || `helm ended with status ${code ?? "unknown"}`));
    });
  });
};

const release = z.object({
  name: z.string(),
  namespace: z.string(),
  version: z.number(),
  info: z.object({ status: z.string() }),
  config: z.record(z.string(), z.json()).nullish(),
  manifest: z.string().default(""),
});

/** A release as `helm status -o json` and its siblings print it; `version` is the revision. */
export type HelmRelease = z.infer<typeof release>;

export function parseRelease(json: string): HelmRelease {
  return release.parse(JSON.parse(json));
}
