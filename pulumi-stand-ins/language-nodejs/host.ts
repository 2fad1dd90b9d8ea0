/** Speaks `pulumirpc.LanguageRuntime` for programs on Node.js. */
import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as grpc from "@grpc/grpc-js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import languageServices from "@pulumi/pulumi/proto/language_grpc_pb.js";
import pb from "@pulumi/pulumi/proto/language_pb.js";
import { unary } from "../shared/grpc.ts";
import { runPolicyPack } from "./policyPack.ts";
import { startProgram } from "./run.ts";
import type { Program, Run } from "./run.ts";

export interface LanguageHost {
  readonly addTo: (server: grpc.Server) => void;
  /** Ends the programs that still run. */
  readonly stop: () => void;
}

export function languageHost(engineAddress: string): LanguageHost {
  const running = new Set<ChildProcess>();
  const stop = () => {
    for (const child of running) child.kill("SIGTERM");
  };
  const calls = {
    handshake: unary(() => new pb.LanguageHandshakeResponse()),
    getPluginInfo: unary(() => new pluginPb.PluginInfo()),
    about: unary((call: pb.AboutRequest) => about(programOf(call.getInfo()))),
    // Nothing is asked for in advance: the engine looks for a plugin when the program names its first resource.
    getRequiredPackages: unary(() => new pb.GetRequiredPackagesResponse()),
    getRequiredPlugins: unary(() => new pb.GetRequiredPluginsResponse()),
    getProgramDependencies: unary((call: pb.GetProgramDependenciesRequest) => dependencies(programOf(call.getInfo()))),
    runtimeOptionsPrompts: unary(() => new pb.RuntimeOptionsResponse()),
    run: unary(async (call: pb.RunRequest) => {
      const { child, ended } = startProgram(runOf(call, engineAddress));
      running.add(child);
      const outcome = await ended;
      running.delete(child);
      const response = new pb.RunResponse();
      if (outcome === "bail") return response.setBail(true);
      return outcome === "ok" ? response : response.setError(outcome.error);
    }),
    runPlugin: (call: Parameters<typeof runPolicyPack>[0]) => {
      runPolicyPack(call, (child) => {
        running.add(child);
        child.on("close", () => running.delete(child));
      });
    },
    cancel: unary(() => {
      stop();
      return new emptyPb.Empty();
    }),
  };
  const service = languageServices.LanguageRuntimeService as unknown as grpc.ServiceDefinition;
  return {
    addTo: (server) => {
      server.addService(service, calls);
    },
    stop,
  };
}

function programOf(info: pb.ProgramInfo | undefined): Program {
  return {
    programDirectory: info?.getProgramDirectory() ?? process.cwd(),
    rootDirectory: info?.getRootDirectory() ?? process.cwd(),
    entryPoint: info?.getEntryPoint() ?? ".",
    options: info?.getOptions()?.toJavaScript() ?? {},
  };
}

function runOf(call: pb.RunRequest, engineAddress: string): Run {
  return {
    program: programOf(call.getInfo()),
    engineAddress,
    monitorAddress: call.getMonitorAddress(),
    organization: call.getOrganization(),
    project: call.getProject(),
    stack: call.getStack(),
    pwd: call.getPwd(),
    parallel: call.getParallel(),
    dryRun: call.getDryrun(),
    args: call.getArgsList(),
    config: Object.fromEntries(call.getConfigMap().toObject(true)),
    configSecretKeys: call.getConfigsecretkeysList(),
  };
}

function about(program: Program): pb.AboutResponse {
  const response = new pb.AboutResponse().setExecutable(process.execPath).setVersion(process.version);
  response.getMetadataMap().set("host", "stand-in for pulumi-language-nodejs").set("packagemanager", "npm");
  const typescript = installedVersion(program, "typescript");
  if (typescript !== undefined) response.getMetadataMap().set("typescriptVersion", typescript);
  return response;
}

/** The direct dependencies, for `pulumi about`. */
function dependencies(program: Program): pb.GetProgramDependenciesResponse {
  const response = new pb.GetProgramDependenciesResponse();
  for (const name of directDependencies(program)) {
    const version = installedVersion(program, name);
    if (version !== undefined) response.addDependencies(new pb.DependencyInfo().setName(name).setVersion(version));
  }
  return response;
}

function directDependencies(program: Program): string[] {
  const file = join(program.programDirectory, "package.json");
  if (!existsSync(file)) return [];
  const manifest = JSON.parse(readFileSync(file, "utf8")) as { dependencies?: Record<string, string> };
  return Object.keys(manifest.dependencies ?? {});
}

function installedVersion(program: Program, name: string): string | undefined {
  const paths = createRequire(join(program.programDirectory, "package.json")).resolve.paths(name) ?? [];
  const file = paths.map((dir) => join(dir, name, "package.json")).find((candidate) => existsSync(candidate));
  if (file === undefined) return undefined;
  return (JSON.parse(readFileSync(file, "utf8")) as { version?: string }).version;
}
