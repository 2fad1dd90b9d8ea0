/** From the provider's `kubeconfig` and `context` to a connection. */
import { request as httpRequest } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import type { RequestOptions } from "node:https";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { KubeConfig } from "@kubernetes/client-node";
import type { ApiReply, ApiRequest, Transport } from "./api.ts";

/** One request; a cluster that does not answer within this is treated as unreachable. */
const requestTimeoutMs = 30_000;

/** `kubeconfig`: a file's name or content; without it the usual places (KUBECONFIG, ~/.kube/config, in-cluster). */
export function loadKubeConfig(kubeconfig: string | undefined, context: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (kubeconfig === undefined || kubeconfig === "") config.loadFromDefault();
  else if (isContent(kubeconfig)) config.loadFromString(kubeconfig);
  else config.loadFromFile(expandHome(kubeconfig));
  if (context !== undefined && context !== "") config.setCurrentContext(context);
  if (config.getCurrentCluster() === null) {
    throw new Error(
      "unable to load Kubernetes client configuration from kubeconfig file: no cluster in the current context",
    );
  }
  return config;
}

/** A kubeconfig is YAML of several lines, or JSON; a file's name is neither. */
export function isContent(kubeconfig: string): boolean {
  return !existsSync(expandHome(kubeconfig)) && /[\n{]/.test(kubeconfig);
}

export function expandHome(file: string): string {
  return file.startsWith("~/") ? homedir() + file.slice(1) : file;
}

export function kubeTransport(config: KubeConfig): Transport {
  const server = config.getCurrentCluster()?.server ?? "";
  // One agent for all calls: a new TLS handshake for each of a program's hundred calls would double its time.
  const agents = new Map<string, Agent>();
  return async (request, signal) => {
    const options: RequestOptions = { headers: {} };
    await config.applyToHTTPSOptions(options);
    const tls = JSON.stringify(
      [options.ca, options.cert, options.rejectUnauthorized, options.servername],
      replaceBuffers,
    );
    const agent =
      agents.get(tls) ?? new Agent({ ...options, keepAlive: true } as ConstructorParameters<typeof Agent>[0]);
    agents.set(tls, agent);
    return send(server, { ...options, agent }, request, signal);
  };
}

function replaceBuffers(_key: string, value: unknown): unknown {
  return Buffer.isBuffer(value) ? value.toString("base64") : value;
}

async function send(
  server: string,
  options: RequestOptions,
  request: ApiRequest,
  signal: AbortSignal,
): Promise<ApiReply> {
  const url = new URL(server.replace(/\/$/, "") + request.path);
  for (const [key, value] of Object.entries(request.query ?? {})) url.searchParams.set(key, value);
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const headers = {
    ...options.headers,
    accept: "application/json",
    ...(body === undefined ? {} : bodyHeaders(request.contentType ?? "application/json", body)),
  };
  return new Promise((resolve, reject) => {
    const open = url.protocol === "http:" ? httpRequest : httpsRequest;
    const agent = url.protocol === "http:" ? undefined : options.agent;
    const call = open(url, { ...options, agent, headers, method: request.method, signal, timeout: requestTimeoutMs });
    call.on("timeout", () => call.destroy(new Error(`no answer from ${url.host} within ${requestTimeoutMs / 1000} s`)));
    call.on("error", reject);
    call.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, body: parse(text) });
      });
    });
    call.end(body);
  });
}

/** Node sends no length with the body of a DELETE by itself, and the server would then take the body for a request. */
function bodyHeaders(type: string, body: string): Record<string, string> {
  return { "content-type": type, "content-length": String(Buffer.byteLength(body)) };
}

/** Proxies and a server that is still starting answer in plain text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.trim() };
  }
}
