import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { KubeObject } from "@esddns/common/api";
import { KubeClient } from "./client.ts";
import { failureOfStatus, type KubeResult } from "./failure.ts";
import type { Resource } from "./resources.ts";

export interface Call {
  readonly method: string;
  /** Path with query. */
  readonly target: string;
  readonly body?: unknown;
  readonly headers?: IncomingMessage["headers"];
}

interface FakeAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Record<string, string>;
}

type Stored = KubeObject & Record<string, unknown>;

/**
 * The part of an API server that the client uses: one store, resource versions, server-side apply by top-level field.
 */
export class FakeApi {
  readonly objects = new Map<string, Stored>();
  readonly calls: Call[] = [];
  /** Called first. If it returns an answer, that is used. */
  fault: (call: Call) => FakeAnswer | undefined = () => undefined;
  resourceVersion = 100;
  readonly #watchers = new Set<(collection: string, line: string) => void>();

  put(path: string, object: KubeObject & Record<string, unknown>): Stored {
    const before = this.objects.get(path);
    const stored: Stored = {
      ...object,
      metadata: {
        uid: `uid-of-${object.metadata.name}`,
        ...object.metadata,
        resourceVersion: String(++this.resourceVersion),
      },
    };
    this.objects.set(path, stored);
    this.emit(path, { type: before === undefined ? "ADDED" : "MODIFIED", object: stored });
    return stored;
  }

  remove(path: string): void {
    const object = this.objects.get(path);
    if (object === undefined) return;
    this.objects.delete(path);
    const metadata = { ...object.metadata, resourceVersion: String(++this.resourceVersion) };
    this.emit(path, { type: "DELETED", object: { ...object, metadata } });
  }

  /** Sends an event of any form to all watches of the collection that contains `path`. */
  emit(path: string, event: object): void {
    for (const watcher of this.#watchers) watcher(path.slice(0, path.lastIndexOf("/")), `${JSON.stringify(event)}\n`);
  }

  get watching(): number {
    return this.#watchers.size;
  }

  onEvent(collection: string, write: (line: string) => void): () => void {
    const watcher = (from: string, line: string): void => {
      if (from === collection) write(line);
    };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  handle(call: Call): FakeAnswer {
    this.calls.push(call);
    return this.fault(call) ?? this.#answer(call);
  }

  #answer({ method, target, body }: Call): FakeAnswer {
    const [fullPath = "", query] = target.split("?");
    const isStatus = fullPath.endsWith("/status");
    const path = isStatus ? fullPath.slice(0, -"/status".length) : fullPath;
    const stored = this.objects.get(path);
    const sent = body as Stored | undefined;
    if (method === "GET" && stored !== undefined) return { status: 200, body: stored };
    if (method === "GET" && /\/[a-z0-9]+s$/.test(path)) return this.#list(path, new URLSearchParams(query));
    if (sent === undefined) return status(404, "NotFound", "not found");
    if (method === "POST") {
      const at = `${path}/${sent.metadata.name}`;
      if (this.objects.has(at)) return status(409, "AlreadyExists", "already exists");
      return { status: 201, body: this.put(at, sent) };
    }
    if (stored === undefined && (method === "PUT" || isStatus)) return status(404, "NotFound", "not found");
    const fence = sent.metadata.resourceVersion;
    if (fence !== undefined && fence !== stored?.metadata.resourceVersion) {
      return status(409, "Conflict", "the object has been modified");
    }
    if (method === "PUT") return { status: 200, body: this.put(path, sent) };
    // Like the real server: an apply to the status of a custom resource ignores metadata, including another uid.
    if (isStatus && stored !== undefined)
      return { status: 200, body: this.put(path, { ...stored, status: sent["status"] }) };
    const merged = { ...stored, ...sent, metadata: { ...stored?.metadata, ...sent.metadata } };
    const { deletionTimestamp, finalizers } = merged.metadata;
    if (deletionTimestamp !== undefined && finalizers?.length === 0) {
      this.remove(path);
      return { status: 200, body: merged };
    }
    return { status: 200, body: this.put(path, merged) };
  }

  #list(path: string, query: URLSearchParams): FakeAnswer {
    const all = [...this.objects].filter(([at]) => at.startsWith(`${path}/`)).map(([, object]) => object);
    const from = Number(query.get("continue") ?? 0);
    const to = from + Number(query.get("limit") ?? all.length);
    const metadata = {
      resourceVersion: String(this.resourceVersion),
      ...(to < all.length ? { continue: String(to) } : {}),
    };
    return { status: 200, body: { metadata, items: all.slice(from, to) } };
  }
}

export function status(code: number, reason: string, message: string): FakeAnswer {
  return { status: code, body: { kind: "Status", code, reason, message } };
}

/** A client without the network, so that it can run on a fake clock. */
export function directClient(
  api: FakeApi,
  before: (signal: AbortSignal) => Promise<void> = () => Promise.resolve(),
): Pick<KubeClient, "get" | "create" | "update" | "apply" | "patch"> {
  const send = async <T extends KubeObject>(
    resource: Resource<T>,
    method: string,
    path: string,
    signal: AbortSignal,
    body?: unknown,
  ): Promise<KubeResult<T>> => {
    signal.throwIfAborted();
    await before(signal);
    signal.throwIfAborted();
    const target = `/${resource.plural}${path}`;
    const answer = api.handle({ method, target, ...(body === undefined ? {} : { body: structuredClone(body) }) });
    if (answer.status >= 300) return { ok: false, error: failureOfStatus(answer.status, JSON.stringify(answer.body)) };
    const parsed = resource.parse(structuredClone(answer.body));
    return parsed.ok ? parsed : { ok: false, error: { kind: "Unexpected", message: parsed.problem } };
  };
  return {
    get: (resource, { name }, signal) => send(resource, "GET", `/${name}`, signal),
    create: (resource, object, signal) => send(resource, "POST", "", signal, object),
    update: (resource, object, signal) => send(resource, "PUT", `/${object.metadata.name}`, signal, object),
    patch: (resource, { name }, patch, _options, signal) => send(resource, "PATCH", `/${name}`, signal, patch),
    apply: (resource, object, { subresource }, signal) =>
      send(resource, "PATCH", `/${object.metadata.name}${subresource === undefined ? "" : "/status"}`, signal, object),
  };
}

export interface ServedApi {
  readonly api: FakeApi;
  readonly client: KubeClient;
  /** Cuts every open watch. */
  cutWatches(): void;
  close(): Promise<void>;
}

/** Serves the API over real HTTP on the loopback, with a client for it. Tokens are taken from `token`. */
export async function serveApi(
  token: () => string = () => "token",
  refused: () => void = () => undefined,
): Promise<ServedApi> {
  const api = new FakeApi();
  const streams = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    void answer(api, streams, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = new KubeClient({
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: undefined,
    token: { current: () => Promise.resolve(token()), refused },
  });
  return {
    api,
    client,
    cutWatches: () => {
      for (const stream of streams) stream.destroy();
    },
    close: async () => {
      client.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  api: FakeApi,
  streams: Set<ServerResponse>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const { method = "", url: target = "", headers } = request;
  const call: Call = { method, target, headers, ...(text === "" ? {} : { body: JSON.parse(text) as unknown }) };
  if (!target.includes("watch=1")) {
    const { status: code, body, headers: more } = api.handle(call);
    response.writeHead(code, { "content-type": "application/json", ...more }).end(JSON.stringify(body));
    return;
  }
  api.calls.push(call);
  const fault = api.fault(call);
  if (fault !== undefined) {
    response.writeHead(fault.status, fault.headers).end(JSON.stringify(fault.body));
    return;
  }
  response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
  streams.add(response);
  const stop = api.onEvent(target.split("?")[0] ?? "", (line) => response.write(line));
  response.on("close", () => {
    stop();
    streams.delete(response);
  });
}
