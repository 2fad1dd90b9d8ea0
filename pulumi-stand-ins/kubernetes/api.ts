/** The part of the Kubernetes API that the stand-in uses, over any transport. */
import type { GroupVersionKind } from "./objects.ts";
import { nameOf, namespaceOf } from "./objects.ts";
import type { JsonObject } from "../shared/values.ts";
import { isObject, listAt, numberAt, stringAt } from "../shared/values.ts";

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: unknown;
}
export interface ApiReply {
  readonly status: number;
  readonly body: unknown;
}
export type Transport = (request: ApiRequest, signal: AbortSignal) => Promise<ApiReply>;

/** An error answer of the API server; `message` is the server's own. */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.reason = reason;
  }
}

/** The server knows no such kind: the custom resource definition is missing, or not served yet. */
export class NoMatchError extends Error {
  constructor({ apiVersion, kind }: GroupVersionKind) {
    super(`no matches for kind "${kind}" in version "${apiVersion}"`);
    this.name = "NoMatchError";
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** A kind as the server serves it. */
interface Served {
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export interface WriteOptions {
  readonly fieldManager: string;
  readonly dryRun: boolean;
}

export class Api {
  readonly #transport: Transport;
  readonly #signal: AbortSignal;
  readonly #served = new Map<string, readonly Served[]>();

  constructor(transport: Transport, signal: AbortSignal) {
    this.#transport = transport;
    this.#signal = signal;
  }

  async serverVersion(): Promise<string> {
    return stringAt(await this.#call({ method: "GET", path: "/version" }), "gitVersion") ?? "";
  }

  /** Undefined where the server does not know the kind. */
  async isNamespaced(kind: GroupVersionKind): Promise<boolean | undefined> {
    return (await this.#find(kind))?.namespaced;
  }

  async get(object: JsonObject): Promise<JsonObject> {
    return this.#call({ method: "GET", path: await this.#path(object, nameOf(object)) });
  }

  /** Objects of a kind in a namespace, without their apiVersion and kind, as lists have them. */
  async list(kind: GroupVersionKind, namespace: string, labelSelector: string): Promise<JsonObject[]> {
    const path = await this.#path({ ...kind, metadata: { namespace } });
    const list = await this.#call({ method: "GET", path, query: { labelSelector } });
    return listAt(list, "items").filter(isObject);
  }

  async create(object: JsonObject, options: WriteOptions): Promise<JsonObject> {
    return this.#call({ method: "POST", path: await this.#path(object), body: object, query: writeQuery(options) });
  }

  async replace(object: JsonObject, options: WriteOptions): Promise<JsonObject> {
    const path = await this.#path(object, nameOf(object));
    return this.#call({ method: "PUT", path, body: object, query: writeQuery(options) });
  }

  /** Server-side apply. */
  async apply(object: JsonObject, options: WriteOptions & { readonly force: boolean }): Promise<JsonObject> {
    return this.#call({
      method: "PATCH",
      path: await this.#path(object, nameOf(object)),
      contentType: "application/apply-patch+yaml",
      body: object,
      query: { ...writeQuery(options), force: String(options.force) },
    });
  }

  async jsonPatch(object: JsonObject, operations: readonly JsonObject[]): Promise<JsonObject> {
    const path = await this.#path(object, nameOf(object));
    return this.#call({ method: "PATCH", path, contentType: "application/json-patch+json", body: operations });
  }

  async delete(object: JsonObject, propagationPolicy: string): Promise<void> {
    const path = await this.#path(object, nameOf(object));
    await this.#call({ method: "DELETE", path, body: { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy } });
  }

  async #path(object: JsonObject, name?: string): Promise<string> {
    const kind = { apiVersion: stringAt(object, "apiVersion") ?? "", kind: stringAt(object, "kind") ?? "" };
    const served = await this.#find(kind);
    if (served === undefined) throw new NoMatchError(kind);
    const scope = served.namespaced ? `/namespaces/${encodeURIComponent(namespaceOf(object) ?? "default")}` : "";
    const item = name === undefined ? "" : `/${encodeURIComponent(name)}`;
    return `${root(kind.apiVersion)}${scope}/${served.plural}${item}`;
  }

  async #find({ apiVersion, kind }: GroupVersionKind): Promise<Served | undefined> {
    const known = this.#served.get(apiVersion)?.find((served) => served.kind === kind);
    if (known !== undefined) return known;
    // Not cached when it is missing: a definition that is created meanwhile adds kinds to a known group.
    const fresh = await this.#discover(apiVersion);
    this.#served.set(apiVersion, fresh);
    return fresh.find((served) => served.kind === kind);
  }

  async #discover(apiVersion: string): Promise<readonly Served[]> {
    if (apiVersion === "") return [];
    try {
      const list = await this.#call({ method: "GET", path: root(apiVersion) });
      return listAt(list, "resources").flatMap((resource) => {
        const [kind, plural] = [stringAt(resource, "kind"), stringAt(resource, "name")];
        if (kind === undefined || plural === undefined || plural.includes("/")) return [];
        return [{ kind, plural, namespaced: isObject(resource) && resource["namespaced"] === true }];
      });
    } catch (error) {
      if (isNotFound(error)) return [];
      throw error;
    }
  }

  async #call(request: ApiRequest): Promise<JsonObject> {
    const { status, body } = await this.#transport(request, this.#signal);
    const object = body as JsonObject;
    if (status < 300) return object;
    const reason = stringAt(object, "reason") ?? "";
    const message = stringAt(object, "message") ?? `the server answered ${status} to ${request.method} ${request.path}`;
    throw new ApiError(numberAt(object, "code") ?? status, reason, message);
  }
}

function root(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function writeQuery({ fieldManager, dryRun }: WriteOptions): Record<string, string> {
  return { fieldManager, ...(dryRun ? { dryRun: "All" } : {}) };
}
