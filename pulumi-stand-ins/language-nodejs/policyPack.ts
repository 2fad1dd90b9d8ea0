/** Runs a policy pack on Node.js for the CLI: a server of its own, whose port is the first line that it prints. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import pb from "@pulumi/pulumi/proto/language_pb.js";
import { unknownStatus } from "../shared/grpc.ts";

type Call = grpc.ServerWritableStream<pb.RunPluginRequest, pb.RunPluginResponse>;

/**
 * Answers `RunPlugin` for policy packs, the only plugins written in Node.js that there are here. As the real host does:
 * the pack's folder comes last and is the working directory, the environment is the one of the request.
 */
export function runPolicyPack(call: Call, started: (child: ChildProcess) => void): void {
  const directory = call.request.getInfo()?.getProgramDirectory() ?? "";
  if (call.request.getKind() !== "analyzer") {
    const details = `plugins of kind ${call.request.getKind()} are not run by this stand-in`;
    call.emit("error", { code: grpc.status.UNIMPLEMENTED, details });
    return;
  }
  const run = createRequire(join(directory, "package.json")).resolve("@pulumi/pulumi/cmd/run-policy-pack");
  const child = spawn(process.execPath, [run, ...call.request.getArgsList(), directory], {
    cwd: directory,
    env: environmentOf(call.request.getEnvList()),
    stdio: ["ignore", "pipe", "pipe"],
  });
  started(child);
  child.stdout.on("data", (chunk: Buffer) => call.write(new pb.RunPluginResponse().setStdout(chunk)));
  child.stderr.on("data", (chunk: Buffer) => call.write(new pb.RunPluginResponse().setStderr(chunk)));
  child.on("error", (error) => call.emit("error", unknownStatus(error)));
  child.on("close", (code) => {
    call.write(new pb.RunPluginResponse().setExitcode(code ?? 1));
    call.end();
  });
  call.on("cancelled", () => child.kill("SIGTERM"));
}

function environmentOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
