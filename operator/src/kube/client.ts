import type { KubeObject } from "@esddns/common/api";
import { type Http, type HttpAnswer, httpPool, readText } from "../runtime/http.ts";
import { failureOfError, failureOfStatus, type KubeFailure, type KubeResult } from "./failure.ts";
import type { ParseResult, Resource } from "./resources.ts";
import type { KubeServer } from "./server.ts";

export interface ObjectRef {
  /** Undefined for kinds without a namespace. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface ListPage {
  readonly resourceVersion: string;
  /** Unparsed. `Resource.parse` makes objects of them. */
  readonly items: readonly unknown[];
}

export interface ApplyOptions {
  readonly fieldManager: string;
  readonly subresource?: "status";
}

/** The time limit of every request, unless the caller's signal is stricter. Milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;
const LIMITS = { connectMs: 5_000, headersMs: REQUEST_TIMEOUT_MS, bodyMs: REQUEST_TIMEOUT_MS };
/** The largest accepted answer. etcd holds no object beyond 1.5 MiB, and a page of a list has PAGE_SIZE objects. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const PAGE_SIZE = 250;
/** 25,000 objects. A longer list would fill the pod's memory. */
const MAX_PAGES = 100;
/**
 * A watch is silent between bookmarks, which come once a minute. After two missed ones the connection counts as dead.
 */
const WATCH_IDLE_MS = 150_000;

/** The verbs of Kubernetes, with the HTTP method of each. */
const METHODS = {
  get: "GET",
  list: "GET",
  watch: "GET",
  create: "POST",
  update: "PUT",
  apply: "PATCH",
  patch: "PATCH",
} as const;
type Verb = keyof typeof METHODS;

interface RequestOptions {
  verb: Verb;
  resource: Resource<KubeObject>;
  path: string;
  body?: unknown;
  contentType?: string;
}

/**
 * A Kubernetes client for the few kinds of resources.ts. Every result, including refusals and silence, is a value. Only
 * an abort by the caller rejects, with the signal's reason.
 */
export class KubeClient {
  readonly #server: KubeServer;
  readonly #http: Http;
  /** Called for each request that is sent. `resource` is the plural, as in the path. */
  onRequest: (verb: Verb, resource: string) => void = () => undefined;

  constructor(server: KubeServer) {
    this.#server = server;
    this.#http = httpPool({ ca: server.ca });
  }

  get<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef, signal: AbortSignal): Promise<KubeResult<T>> {
    return this.#object(resource, { verb: "get", path: pathOf(resource, ref.namespace, ref.name) }, signal);
  }

  create<T extends KubeObject>(resource: Resource<T>, object: T, signal: AbortSignal): Promise<KubeResult<T>> {
    const path = pathOf(resource, object.metadata.namespace);
    return this.#object(resource, { verb: "create", path, body: object }, signal);
  }

  /** Replaces the object. The answer is a Conflict if its resourceVersion is outdated. */
  update<T extends KubeObject>(resource: Resource<T>, object: T, signal: AbortSignal): Promise<KubeResult<T>> {
    const path = pathOf(resource, object.metadata.namespace, object.metadata.name);
    return this.#object(resource, { verb: "update", path, body: object }, signal);
  }

  /**
   * Server-side apply, forced: the manager owns every field that the object names. With `metadata.resourceVersion` in
   * the object, the answer is a Conflict if the stored version differs. Without it, a missing object is created.
   */
  apply<T extends KubeObject>(
    resource: Resource<T>,
    object: KubeObject,
    options: ApplyOptions,
    signal: AbortSignal,
  ): Promise<KubeResult<T>> {
    const query = new URLSearchParams({ fieldManager: options.fieldManager, force: "true" });
    const subresource = options.subresource === undefined ? "" : `/${options.subresource}`;
    const path = `${pathOf(resource, object.metadata.namespace, object.metadata.name)}${subresource}?${query.toString()}`;
    // JSON is YAML, and servers before 1.31 know apply only under this name.
    const contentType = "application/apply-patch+yaml";
    return this.#object(resource, { verb: "apply", path, body: object, contentType }, signal);
  }

  /**
   * Applies a JSON merge patch (RFC 7396). With `metadata.resourceVersion` in it, the answer is a Conflict if the
   * stored version differs.
   */
  patch<T extends KubeObject>(
    resource: Resource<T>,
    ref: ObjectRef,
    patch: object,
    options: Pick<ApplyOptions, "fieldManager">,
    signal: AbortSignal,
  ): Promise<KubeResult<T>> {
    const query = new URLSearchParams({ fieldManager: options.fieldManager });
    const path = `${pathOf(resource, ref.namespace, ref.name)}?${query.toString()}`;
    const contentType = "application/merge-patch+json";
    return this.#object(resource, { verb: "patch", path, body: patch, contentType }, signal);
  }

  /** Lists every object of one kind in one namespace, by a consistent read, page by page. Selectors narrow the list. */
  async list(
    resource: Resource<KubeObject>,
    namespace: string,
    signal: AbortSignal,
    selectors: { labelSelector?: string; fieldSelector?: string } = {},
  ): Promise<KubeResult<ListPage>> {
    const items: unknown[] = [];
    const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...selectors });
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const path = `${pathOf(resource, namespace)}?${query.toString()}`;
      const page = await this.#request({ verb: "list", resource, path }, parseList, signal);
      if (!page.ok) return page;
      items.push(...page.value.items);
      if (page.value.continue === "")
        return { ok: true, value: { resourceVersion: page.value.resourceVersion, items } };
      query.set("continue", page.value.continue);
    }
    const message = `a list of ${resource.plural} with more than ${MAX_PAGES * PAGE_SIZE} objects`;
    return { ok: false, error: { kind: "Unexpected", message } };
  }

  /** Returns the raw stream of watch events since `resourceVersion`. It ends by itself after `timeoutSeconds`. */
  async watch(
    resource: Resource<KubeObject>,
    namespace: string,
    options: { resourceVersion: string; timeoutSeconds: number },
    signal: AbortSignal,
  ): Promise<KubeResult<AsyncIterable<Uint8Array>>> {
    const query = new URLSearchParams({
      watch: "1",
      allowWatchBookmarks: "true",
      resourceVersion: options.resourceVersion,
      timeoutSeconds: String(options.timeoutSeconds),
    });
    const path = `${pathOf(resource, namespace)}?${query.toString()}`;
    try {
      const answer = await this.#send({ verb: "watch", resource, path }, signal, WATCH_IDLE_MS);
      if (answer.status === 200) return { ok: true, value: answer.body };
      return { ok: false, error: await this.#failure(answer) };
    } catch (error) {
      signal.throwIfAborted();
      return { ok: false, error: failureOfError(error) };
    }
  }

  /** Cuts every connection, including streams. */
  close(): void {
    this.#http.destroy();
  }

  #object<T extends KubeObject>(
    resource: Resource<T>,
    options: Omit<RequestOptions, "resource">,
    signal: AbortSignal,
  ): Promise<KubeResult<T>> {
    return this.#request({ ...options, resource }, (body) => resource.parse(body), signal);
  }

  async #request<T>(
    options: RequestOptions,
    parse: (body: unknown) => ParseResult<T>,
    signal: AbortSignal,
  ): Promise<KubeResult<T>> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
    try {
      const answer = await this.#send(options, limited);
      if (answer.status >= 300) return { ok: false, error: await this.#failure(answer) };
      const parsed = parse(JSON.parse(await readText(answer.body, MAX_ANSWER_BYTES)));
      if (parsed.ok) return parsed;
      return { ok: false, error: { kind: "Unexpected", message: `an answer that cannot be read: ${parsed.problem}` } };
    } catch (error) {
      signal.throwIfAborted();
      return { ok: false, error: failureOfError(error) };
    }
  }

  async #send(options: RequestOptions, signal: AbortSignal, idleMs?: number): Promise<HttpAnswer> {
    const answer = await this.#sendOnce(options, signal, idleMs);
    if (answer.status !== 401) return answer;
    // The token may just have been replaced. Then the file has the new one.
    answer.discard();
    this.#server.token.refused();
    return await this.#sendOnce(options, signal, idleMs);
  }

  async #sendOnce(options: RequestOptions, signal: AbortSignal, idleMs?: number): Promise<HttpAnswer> {
    const token = await this.#server.token.current();
    this.onRequest(options.verb, options.resource.plural);
    const request = {
      url: `${this.#server.origin}${options.path}`,
      method: METHODS[options.verb],
      headers: {
        accept: "application/json",
        "user-agent": "esddns",
        authorization: `Bearer ${token}`,
        ...(options.body === undefined ? {} : { "content-type": options.contentType ?? "application/json" }),
      },
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
    };
    return await this.#http.send(request, { ...LIMITS, bodyMs: idleMs ?? LIMITS.bodyMs }, signal);
  }

  async #failure(answer: HttpAnswer): Promise<KubeFailure> {
    return failureOfStatus(answer.status, await readText(answer.body, MAX_ANSWER_BYTES), answer.header("retry-after"));
  }
}

function pathOf(resource: Resource<KubeObject>, namespace: string | undefined, name?: string): string {
  const group = resource.apiVersion.includes("/") ? "apis" : "api";
  const parts = [group, ...resource.apiVersion.split("/")];
  if (namespace !== undefined) parts.push("namespaces", namespace);
  parts.push(resource.plural);
  if (name !== undefined) parts.push(name);
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

function parseList(body: unknown): ParseResult<ListPage & { continue: string }> {
  if (typeof body === "object" && body !== null && "items" in body && "metadata" in body) {
    const { items, metadata } = body as { items: unknown; metadata: { resourceVersion?: unknown; continue?: unknown } };
    // Some encoders write an empty list as `null`.
    const list: unknown = items ?? [];
    if (Array.isArray(list) && typeof metadata.resourceVersion === "string") {
      const next = typeof metadata.continue === "string" ? metadata.continue : "";
      return { ok: true, value: { resourceVersion: metadata.resourceVersion, items: list, continue: next } };
    }
  }
  return { ok: false, problem: "not a list" };
}
