/** The life of a `helm.sh/v3:Release`. */
import { randomBytes } from "node:crypto";
import { InitFailedError } from "../../shared/provider.ts";
import type {
  CheckRequest,
  CheckResponse,
  CreateRequest,
  CreateResponse,
  DeleteRequest,
  ReadRequest,
  ReadResponse,
  UpdateRequest,
  UpdateResponse,
} from "../../shared/provider.ts";
import type { JsonObject } from "../../shared/values.ts";
import { hasUnknown, markSecretsLike, plainObject, stringAt } from "../../shared/values.ts";
import type { Context } from "../context.ts";
import { parseId } from "../objects.ts";
import { HelmActions } from "./actions.ts";
import { HelmError } from "./cli.ts";
import type { Helm } from "./cli.ts";
import { releaseDefaults, releaseState } from "./release.ts";

export async function checkRelease(request: CheckRequest, helm: Helm, context: Context): Promise<CheckResponse> {
  const inputs = releaseDefaults(request.news);
  inputs["name"] ??= stringAt(request.olds, "name") ?? `${request.name}-${randomBytes(4).toString("hex")}`;
  inputs["namespace"] ??= context.settings.defaultNamespace;
  const source = plainObject({
    chart: inputs["chart"] ?? "",
    version: inputs["version"] ?? "",
    repositoryOpts: inputs["repositoryOpts"] ?? {},
  });
  if (!hasUnknown(source)) inputs["version"] = (await new HelmActions(helm, context).chart(source)).version;
  return { inputs };
}

export async function createRelease(request: CreateRequest, helm: Helm, context: Context): Promise<CreateResponse> {
  if (request.preview) return { properties: releaseState(request.properties, undefined) };
  if ("unreachable" in context.cluster) {
    throw new Error(`can't create Helm Release with unreachable cluster: ${context.cluster.unreachable}`);
  }
  const inputs = plainObject(request.properties);
  const { id, name, namespace } = identity(inputs);
  const actions = new HelmActions(helm, context);
  const before = await actions.status(name, namespace);
  try {
    await actions.install(inputs);
  } catch (error) {
    if (!(error instanceof HelmError)) throw error;
    const after = await actions.status(name, namespace);
    // Nothing was installed, or what stands there is somebody else's.
    if (after === undefined || after.version === before?.version) throw error;
    const properties = releaseState(request.properties, { release: after, chart: await actions.chart(inputs) });
    const message = `Helm release "${id}" was created, but failed to initialize completely. Use Helm CLI to investigate`;
    throw new InitFailedError(`${message}: ${error.message}`, { id, properties });
  }
  return { id, properties: await liveState(request.properties, actions) };
}

export async function updateRelease(request: UpdateRequest, helm: Helm, context: Context): Promise<UpdateResponse> {
  if (request.preview) return { properties: releaseState(request.news, undefined) };
  if ("unreachable" in context.cluster) {
    throw new Error(`can't update Helm Release with unreachable cluster: ${context.cluster.unreachable}`);
  }
  const inputs = plainObject(request.news);
  const { id, name, namespace } = identity(inputs);
  const actions = new HelmActions(helm, context);
  const before = await actions.status(name, namespace);
  try {
    await actions.upgrade(inputs);
  } catch (error) {
    if (!(error instanceof HelmError)) throw error;
    const after = await actions.status(name, namespace);
    if (after === undefined || after.version === before?.version) throw error;
    const properties = releaseState(request.news, { release: after, chart: await actions.chart(inputs) });
    const message = `Helm release "${id}" failed to initialize completely. Use Helm CLI to investigate`;
    throw new InitFailedError(`${message}: ${error.message}`, { id, properties });
  }
  return { properties: await liveState(request.news, actions) };
}

export async function readRelease(request: ReadRequest, helm: Helm, context: Context): Promise<ReadResponse> {
  const { namespace = context.settings.defaultNamespace, name } = parseId(request.id);
  const actions = new HelmActions(helm, context);
  const release = await actions.status(name, namespace);
  if (release === undefined) return {};
  const values = markSecretsLike(release.config ?? {}, request.inputs["values"]);
  const inputs = { ...request.inputs, ...(request.inputs["values"] === undefined ? {} : { values }) };
  // A release that a program opens by id has no inputs; only the release itself tells its chart then.
  const isOpened = request.inputs["chart"] === undefined;
  const chart = isOpened ? await actions.installedChart(name, namespace) : await actions.chart(plainObject(inputs));
  return { id: request.id, inputs, properties: releaseState(inputs, { release, chart }) };
}

export async function deleteRelease(request: DeleteRequest, helm: Helm, context: Context): Promise<void> {
  const { namespace = context.settings.defaultNamespace, name } = parseId(request.id);
  try {
    await new HelmActions(helm, context).uninstall(name, namespace, plainObject(request.oldInputs));
  } catch (error) {
    if (!(error instanceof HelmError && error.message.includes("release: not found"))) throw error;
  }
}

async function liveState(inputs: JsonObject, actions: HelmActions): Promise<JsonObject> {
  const { id, name, namespace } = identity(plainObject(inputs));
  const release = await actions.status(name, namespace);
  if (release === undefined) throw new Error(`Helm release "${id}" vanished after it was written`);
  return releaseState(inputs, { release, chart: await actions.chart(plainObject(inputs)) });
}

function identity(inputs: JsonObject): { id: string; name: string; namespace: string } {
  const [name, namespace] = [stringAt(inputs, "name") ?? "", stringAt(inputs, "namespace") ?? ""];
  return { id: `${namespace}/${name}`, name, namespace };
}
