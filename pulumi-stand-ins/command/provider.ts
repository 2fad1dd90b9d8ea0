/** The stand-in for pulumi-command: `command:local:Command`. */
import { randomBytes } from "node:crypto";
import { detailedDiff, parsePath, contains } from "../shared/diff.ts";
import type { DiffRequest, DiffResponse, Host, Provider } from "../shared/provider.ts";
import type { JsonObject } from "../shared/values.ts";
import { listAt, objectAt, plainObject, stringAt, unknown } from "../shared/values.ts";
import { runCommand } from "./run.ts";
import type { CommandOutput } from "./run.ts";

/** Inputs of the real plugin that nothing here honours: better an error than a command that did not see its files. */
const unsupported = ["assetPaths", "archivePaths"] as const;

export function commandProvider(host: Host, env: NodeJS.ProcessEnv): Provider {
  const canceled = new AbortController();
  const run = (urn: string, command: string | undefined, inputs: JsonObject, previous: JsonObject) =>
    runStep({ urn, command, inputs: plainObject(inputs), previous: plainObject(previous) }, host, env, canceled.signal);
  return {
    version: "4.5.0+standin",
    handshake: () => ({ acceptOutputs: true, acceptResources: true, acceptSecrets: true }),
    checkConfig: (news) => news,
    configure: () =>
      Promise.resolve({ acceptOutputs: true, acceptResources: true, acceptSecrets: true, supportsPreview: true }),
    check: ({ type, news }) => {
      if (type !== "command:local:Command") throw new Error(`this stand-in for the command plugin has no ${type}`);
      const failures = unsupported
        .filter((property) => news[property] !== undefined)
        .map((property) => ({ property, reason: "not supported by this stand-in for the command plugin" }));
      return Promise.resolve({ inputs: news, ...(failures.length > 0 ? { failures } : {}) });
    },
    diff: (request) => Promise.resolve(diff(request)),
    create: async ({ urn, name, properties, preview }) => {
      const id = name + randomBytes(4).toString("hex");
      if (preview) return { id, properties: { ...properties, stdout: unknown, stderr: unknown } };
      const output = await run(urn, text(properties, "create"), properties, {});
      return { id, properties: { ...properties, ...output } };
    },
    read: ({ id, inputs, properties }) => Promise.resolve({ id, inputs, properties }),
    update: async ({ urn, olds, news, preview }) => {
      if (preview) return { properties: { ...news, stdout: unknown, stderr: unknown } };
      const output = await run(urn, text(news, "update") ?? text(news, "create"), news, olds);
      return { properties: { ...news, ...output } };
    },
    delete: async ({ urn, properties }) => {
      await run(urn, text(properties, "delete"), properties, properties);
    },
    cancel: () => {
      canceled.abort();
    },
  };
}

function diff({ oldInputs, news, ignoreChanges }: DiffRequest): DiffResponse {
  const ignored = ignoreChanges.map(parsePath);
  const detailed = detailedDiff(plainObject(oldInputs), plainObject(news), {
    ignored: (path) => ignored.some((container) => contains(container, path)),
  });
  const paths = Object.keys(detailed);
  if (paths.length === 0) return { changes: "DIFF_NONE", hasDetailedDiff: true };
  const diffs = [...new Set(paths.map((path) => path.split(/[.[]/)[0] ?? path))];
  return { changes: "DIFF_SOME", detailedDiff: detailed, diffs, hasDetailedDiff: true };
}

interface Step {
  readonly urn: string;
  readonly command: string | undefined;
  readonly inputs: JsonObject;
  readonly previous: JsonObject;
}

async function runStep(step: Step, host: Host, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<CommandOutput> {
  const { urn, command, inputs, previous } = step;
  const before = { stdout: stringAt(previous, "stdout") ?? "", stderr: stringAt(previous, "stderr") ?? "" };
  if (command === undefined) return before;
  const [program = "/bin/sh", ...args] = listAt(inputs, "interpreter").map(String);
  const passesPrevious = inputs["addPreviousOutputInEnv"] !== false && previous["stdout"] !== undefined;
  return runCommand(
    {
      interpreter: [program, ...(inputs["interpreter"] === undefined ? ["-c"] : args)],
      command,
      dir: stringAt(inputs, "dir"),
      env: {
        ...env,
        ...(passesPrevious ? { PULUMI_COMMAND_STDOUT: before.stdout, PULUMI_COMMAND_STDERR: before.stderr } : {}),
        ...environmentOf(inputs),
      },
      stdin: stringAt(inputs, "stdin") ?? "",
    },
    (stream, line) => {
      if (logs(inputs, stream)) host.status("info", urn, line);
    },
    signal,
  );
}

function environmentOf(inputs: JsonObject): Record<string, string> {
  const entries = Object.entries(objectAt(inputs, "environment"));
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

function logs(inputs: JsonObject, stream: "stdout" | "stderr"): boolean {
  const logging = stringAt(inputs, "logging") ?? "stdoutAndStderr";
  return logging === "stdoutAndStderr" || logging === stream;
}

function text(inputs: JsonObject, name: string): string | undefined {
  return stringAt(plainObject(inputs), name);
}
