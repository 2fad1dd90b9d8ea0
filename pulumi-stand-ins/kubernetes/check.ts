/** Inputs as a program gives them → inputs as they are compared, stored and sent. */
import { createHash, randomBytes } from "node:crypto";
import type { CheckRequest, CheckResponse } from "../shared/provider.ts";
import type { Json, JsonObject } from "../shared/values.ts";
import { hasUnknown, isObject, isSecret, isUnknown, objectAt, plain, secret, stringAt } from "../shared/values.ts";
import { fromSdkKeys } from "./checkpoint.ts";
import { annotation, isAnnotated, isSecretObject, kindOf, nameOf, namespaceOf, withMetadata } from "./objects.ts";
import type { GroupVersionKind } from "./objects.ts";

export interface CheckContext {
  readonly defaultNamespace: string;
  /** Undefined where nobody knows: no such kind yet, or no server. */
  readonly isNamespaced: (kind: GroupVersionKind) => Promise<boolean | undefined>;
}

export async function checkObject(request: CheckRequest, context: CheckContext): Promise<CheckResponse> {
  const news = fromSdkKeys(request.news);
  let inputs = isObject(news) ? encodeStringData(news) : request.news;
  if (nameOf(inputs) === "" && !isUnknown(inputs["metadata"])) {
    const named = autoname(inputs, request);
    if (typeof named === "string") return { inputs, failures: [{ property: "metadata.name", reason: named }] };
    inputs = named;
  }
  if (namespaceOf(inputs) === undefined && (await context.isNamespaced(kindOf(inputs))) === true) {
    inputs = withMetadata(inputs, { namespace: context.defaultNamespace });
  }
  return { inputs };
}

/** The API server turns stringData into data and forgets it; doing so here keeps what is stored comparable. */
function encodeStringData(inputs: JsonObject): JsonObject {
  const { stringData, ...rest } = inputs;
  if (!isSecretObject(inputs) || stringData === undefined || hasUnknown(stringData)) return inputs;
  const encoded = mapSecret(stringData, (values) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, encode(value)])),
  );
  const data = rest["data"];
  if (data === undefined) return { ...rest, data: encoded };
  const merged = { ...objectAt(bare(data)), ...objectAt(bare(encoded)) };
  return { ...rest, data: isSecret(data) || isSecret(encoded) ? secret(merged) : merged };
}

function mapSecret(value: Json, change: (value: JsonObject) => JsonObject): Json {
  const changed = change(objectAt(bare(value)));
  return isSecret(value) ? secret(changed) : changed;
}

function bare(value: Json): Json {
  return isSecret(value) ? (value["value"] ?? null) : value;
}

function encode(value: Json): Json {
  const text = plain(value);
  const encoded = Buffer.from(typeof text === "string" ? text : JSON.stringify(text)).toString("base64");
  return isSecret(value) ? secret(encoded) : encoded;
}

/** A name for an object that the program left unnamed: the one it had, else the resource's own plus eight hex digits. */
function autoname(inputs: JsonObject, request: CheckRequest): JsonObject | string {
  const old = stringAt(request.olds, "metadata", "name");
  const name =
    old !== undefined && isAnnotated(request.olds, annotation.autonamed)
      ? old
      : (proposed(request) ?? newName(request));
  if (name === undefined) return "automatic naming is disabled, and no name was given";
  const annotations = { ...objectAt(inputs, "metadata", "annotations"), [annotation.autonamed]: "true" };
  return withMetadata(inputs, { name, annotations });
}

function proposed({ autonaming }: CheckRequest): string | undefined {
  return autonaming?.mode === "DISABLE" ? undefined : autonaming?.proposedName;
}

function newName(request: CheckRequest): string | undefined {
  if (request.autonaming?.mode === "DISABLE") return undefined;
  const { randomSeed } = request;
  const suffix =
    randomSeed === undefined || randomSeed === ""
      ? randomBytes(4).toString("hex")
      : createHash("sha256").update(Buffer.from(randomSeed, "base64")).digest("hex").slice(0, 8);
  return `${request.name}-${suffix}`;
}
