/** The resource `helm.sh/v3:Release` without any helm: inputs, differences and what is stored. Pure. */
import { parseAllDocuments } from "yaml";
import { detailedDiff } from "../../shared/diff.ts";
import type { DiffRequest, DiffResponse } from "../../shared/provider.ts";
import type { Json, JsonObject } from "../../shared/values.ts";
import { markSecretsLike, plainObject, secret, stringAt, unknown } from "../../shared/values.ts";
import { idOf, kindOf, groupOf } from "../objects.ts";
import type { HelmRelease } from "./cli.ts";

const defaults: JsonObject = {
  allowNullValues: false,
  atomic: false,
  cleanupOnFail: false,
  createNamespace: false,
  dependencyUpdate: false,
  description: "",
  devel: false,
  disableCRDHooks: false,
  disableOpenapiValidation: false,
  disableWebhooks: false,
  forceUpdate: false,
  keyring: "",
  lint: false,
  postrender: "",
  recreatePods: false,
  renderSubchartNotes: false,
  replace: false,
  resetValues: false,
  reuseValues: false,
  skipAwait: false,
  skipCrds: false,
  timeout: 300,
  verify: false,
  waitForJobs: false,
};

export function releaseDefaults(news: JsonObject): JsonObject {
  const inputs = { ...defaults, ...news };
  delete inputs["compat"];
  return inputs;
}

/** Compares inputs with inputs: what helm made of them is not part of it. */
export function diffRelease(request: DiffRequest): DiffResponse {
  const news = plainObject(request.news);
  const detailed = detailedDiff(plainObject(request.oldInputs), news, {
    replaces: (path) => path[0] === "name" || path[0] === "namespace",
    ignored: (path) => request.ignoreChanges.includes(String(path[0])),
  });
  const paths = Object.keys(detailed);
  if (paths.length === 0) return { changes: "DIFF_NONE" };
  const replaces = paths.filter((path) => detailed[path]?.kind?.endsWith("_REPLACE"));
  return {
    changes: "DIFF_SOME",
    detailedDiff: detailed,
    diffs: [...new Set(paths.map((path) => path.split(/[.[]/)[0] ?? path))],
    hasDetailedDiff: true,
    ...(replaces.length > 0 ? { replaces } : {}),
  };
}

export interface Chart {
  readonly name: string;
  readonly version: string;
  readonly appVersion: string;
}

/** Without a release: a preview, in which nobody knows yet what helm will say. */
export function releaseState(
  inputs: JsonObject,
  found: { release: HelmRelease; chart: Chart } | undefined,
): JsonObject {
  const computed: JsonObject =
    found === undefined
      ? { resourceNames: unknown, status: unknown }
      : { resourceNames: resourceNames(found.release.manifest), status: statusOf(found.release, found.chart) };
  const outputs = markSecretsLike({ ...plainObject(inputs), ...computed }, inputs) as JsonObject;
  return { ...outputs, __inputs: secret(plainObject(inputs)) };
}

function statusOf(release: HelmRelease, chart: Chart): JsonObject {
  return {
    appVersion: chart.appVersion,
    chart: chart.name,
    name: release.name,
    namespace: release.namespace,
    revision: release.version,
    status: release.info.status,
    version: chart.version,
  };
}

/** `KIND[.GROUP]/APIVERSION` → the names of the manifest's objects of that kind. */
function resourceNames(manifest: string): JsonObject {
  const names: Record<string, Json[]> = {};
  for (const document of parseAllDocuments(manifest)) {
    const object = ("toJS" in document ? document.toJS() : null) as JsonObject | null;
    if (object === null || stringAt(object, "kind") === undefined) continue;
    const { apiVersion, kind } = kindOf(object);
    const group = groupOf(apiVersion);
    (names[`${group === "" ? kind : `${kind}.${group}`}/${apiVersion}`] ??= []).push(idOf(object));
  }
  return names;
}
