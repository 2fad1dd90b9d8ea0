/** Recorded calls on the real plugins (fixtures/), for tests that replay them on the stand-ins. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type {
  CheckRequest,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  Provider,
  ReadRequest,
} from "../shared/provider.ts";
import { InitFailedError } from "../shared/provider.ts";
import type { JsonObject } from "../shared/values.ts";
import { objectAt, stringAt } from "../shared/values.ts";

export interface RecordedCall {
  readonly file: string;
  readonly method: string;
  readonly request: JsonObject;
  readonly response?: JsonObject;
  readonly errors?: readonly string[];
}

const fixtures = join(import.meta.dirname, "..", "fixtures");

export function recordedCalls(plugin: "kubernetes" | "random-command" | "language-nodejs"): RecordedCall[] {
  const files = readdirSync(join(fixtures, plugin)).filter((file) => file.endsWith(".json"));
  return files.sort().flatMap((file) => {
    const calls = JSON.parse(readFileSync(join(fixtures, plugin, file), "utf8")) as Omit<RecordedCall, "file">[];
    return calls.map((call) => ({ ...call, file: file.replace(".json", "") }));
  });
}

/** Name of a call, for test titles. */
export function titleOf({ file, method, request }: RecordedCall): string {
  const mode = request["preview"] === true ? " (preview)" : "";
  return `${file}: ${method} ${stringAt(request, "name") ?? ""}${mode}`;
}

/** The text of a recorded error without gRPC's wrapping. */
export function errorText(call: RecordedCall): string | undefined {
  return call.errors?.[0]?.replace(/^rpc error: code = \w+ desc = /, "");
}

export type Outcome = { readonly response: unknown } | { readonly error: string; readonly initFailed: boolean };

/** Makes the recorded call on a provider. Fields that protobuf leaves out have their default values. */
export async function replay(call: RecordedCall, provider: Provider): Promise<Outcome> {
  try {
    return { response: (await invoke(call, provider)) ?? {} };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { error: text, initFailed: error instanceof InitFailedError };
  }
}

async function invoke({ method, request }: RecordedCall, provider: Provider): Promise<unknown> {
  const common = { preview: false, timeout: 0, ignoreChanges: [] };
  const full = (...structs: string[]): unknown => ({
    ...common,
    ...Object.fromEntries(structs.map((name) => [name, {}])),
    ...request,
  });
  switch (method) {
    case "Check":
      return provider.check(full("olds", "news") as CheckRequest);
    case "Diff":
      return provider.diff(full("olds", "oldInputs", "news") as DiffRequest);
    case "Create":
      return provider.create(full("properties") as CreateRequest);
    case "Read":
      return provider.read(full("properties", "inputs") as ReadRequest);
    case "Update":
      return provider.update(full("olds", "oldInputs", "news") as Parameters<Provider["update"]>[0]);
    case "Delete":
      return provider.delete(full("properties", "oldInputs") as DeleteRequest);
    case "CheckConfig":
      return { inputs: provider.checkConfig(objectAt(request, "news")) };
    case "DiffConfig":
      return provider.diffConfig?.(objectAt(request, "oldInputs"), objectAt(request, "news"));
    case "Configure":
      return provider.configure({ args: objectAt(request, "args") });
    default:
      throw new Error(`not a call on a resource plugin that can be replayed: ${method}`);
  }
}
