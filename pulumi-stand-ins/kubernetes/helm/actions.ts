/** What the helm binary is asked to do for a Release. */
import type { Json, JsonObject } from "../../shared/values.ts";
import { numberAt, objectAt, stringAt } from "../../shared/values.ts";
import type { Context } from "../context.ts";
import { clusterOf } from "../context.ts";
import { HelmError, parseRelease } from "./cli.ts";
import type { Helm, HelmRelease } from "./cli.ts";
import type { Chart } from "./release.ts";
import { parse } from "yaml";

export class HelmActions {
  readonly #helm: Helm;
  readonly #context: Context;

  constructor(helm: Helm, context: Context) {
    this.#helm = helm;
    this.#context = context;
  }

  /** Reads the chart's own description; needs no cluster. */
  async chart(inputs: JsonObject): Promise<Chart> {
    const text = await this.#helm({ args: ["show", "chart", ...chartArgs(inputs)] }, this.#context.signal);
    const chart = parse(text) as JsonObject;
    const field = (name: string) => stringAt(chart, name) ?? "";
    return { name: field("name"), version: field("version"), appVersion: field("appVersion") };
  }

  /** Reads the description of the chart that a release was installed from. */
  async installedChart(name: string, namespace: string): Promise<Chart> {
    const text = await this.#run(["get", "metadata", name, "--namespace", namespace, "--output", "json"]);
    const found = parse(text) as JsonObject;
    const field = (key: string) => stringAt(found, key) ?? "";
    return { name: field("chart"), version: field("version"), appVersion: field("appVersion") };
  }

  /** Undefined if there is no such release. */
  async status(name: string, namespace: string): Promise<HelmRelease | undefined> {
    try {
      return parseRelease(await this.#run(["status", name, "--namespace", namespace, "--output", "json"]));
    } catch (error) {
      if (error instanceof HelmError && error.message.includes("release: not found")) return undefined;
      throw error;
    }
  }

  async install(inputs: JsonObject): Promise<void> {
    await this.#run(["install", ...releaseArgs(inputs), ...installArgs(inputs)], values(inputs));
  }

  async upgrade(inputs: JsonObject): Promise<void> {
    await this.#run(["upgrade", ...releaseArgs(inputs), ...upgradeArgs(inputs)], values(inputs));
  }

  async uninstall(name: string, namespace: string, inputs: JsonObject): Promise<void> {
    const wait = inputs["atomic"] === true || inputs["skipAwait"] !== true ? ["--wait", ...timeoutArgs(inputs)] : [];
    const hooks = inputs["disableWebhooks"] === true ? ["--no-hooks"] : [];
    await this.#run(["uninstall", name, "--namespace", namespace, ...wait, ...hooks]);
  }

  async #run(args: readonly string[], stdin?: string): Promise<string> {
    const { kubeconfigFile, kubeContext } = clusterOf(this.#context);
    const call = { args, kubeconfigFile, kubeContext, ...(stdin === undefined ? {} : { stdin }) };
    return this.#helm(call, this.#context.signal);
  }
}

/** Chart, repository and version: what says which chart is meant. */
function chartArgs(inputs: JsonObject): string[] {
  const repository = objectAt(inputs, "repositoryOpts");
  return [
    stringAt(inputs, "chart") ?? "",
    ...option("--version", inputs["version"]),
    ...option("--repo", repository["repo"]),
    ...option("--ca-file", repository["caFile"]),
    ...flag("--devel", inputs["devel"]),
    ...flag("--verify", inputs["verify"]),
    ...option("--keyring", inputs["keyring"]),
  ];
}

function releaseArgs(inputs: JsonObject): string[] {
  const waits = inputs["skipAwait"] !== true;
  return [
    stringAt(inputs, "name") ?? "",
    ...chartArgs(inputs),
    ...option("--namespace", inputs["namespace"]),
    ...option("--description", inputs["description"]),
    ...option("--post-renderer", inputs["postrender"]),
    ...flag("--wait", waits),
    ...flag("--wait-for-jobs", waits && inputs["waitForJobs"] === true),
    ...flag("--atomic", inputs["atomic"]),
    ...flag("--dependency-update", inputs["dependencyUpdate"]),
    ...flag("--disable-openapi-validation", inputs["disableOpenapiValidation"]),
    ...flag("--no-hooks", inputs["disableWebhooks"]),
    ...flag("--skip-crds", inputs["skipCrds"]),
    ...flag("--render-subchart-notes", inputs["renderSubchartNotes"]),
    ...timeoutArgs(inputs),
    ...valueFiles(inputs),
    "--values",
    "-",
  ];
}

function installArgs(inputs: JsonObject): string[] {
  return [...flag("--create-namespace", inputs["createNamespace"]), ...flag("--replace", inputs["replace"])];
}

function upgradeArgs(inputs: JsonObject): string[] {
  return [
    ...flag("--force", inputs["forceUpdate"]),
    ...flag("--reset-values", inputs["resetValues"]),
    ...flag("--reuse-values", inputs["reuseValues"]),
    ...flag("--cleanup-on-fail", inputs["cleanupOnFail"]),
    ...option("--history-max", inputs["maxHistory"]),
  ];
}

function timeoutArgs(inputs: JsonObject): string[] {
  return ["--timeout", `${numberAt(inputs, "timeout") ?? 300}s`];
}

function valueFiles(inputs: JsonObject): string[] {
  const files = inputs["valueYamlFiles"];
  return (Array.isArray(files) ? files : []).flatMap((file) => {
    const path = stringAt(file, "path");
    return path === undefined ? [] : ["--values", path];
  });
}

function values(inputs: JsonObject): string {
  return JSON.stringify(inputs["values"] ?? {});
}

function flag(name: string, value: Json | undefined): string[] {
  return value === true ? [name] : [];
}

function option(name: string, value: Json | undefined): string[] {
  return typeof value === "number" || (typeof value === "string" && value !== "") ? [name, String(value)] : [];
}
