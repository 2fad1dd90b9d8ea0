/** From the provider's `kubeconfig` and `context` to a connection. */
import { request as httpRequest } from "node:http";
import type { OutgoingHttpHeaders } from "node:http";
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
  const cluster = config.getCurrentCluster();
  const server = cluster?.server ?? "";
  // The configuration's own agent, which knows about proxies, makes a TLS handshake for each call.
  const agent =
    server.startsWith("https:") && cluster?.proxyUrl === undefined ? new Agent({ keepAlive: true }) : undefined;
  return async (request, signal) => {
    const options: RequestOptions = { headers: {} };
    await config.applyToHTTPSOptions(options);
    return send(server, agent === undefined ? options : { ...options, agent }, request, signal);
  };
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
    ...(options.headers as OutgoingHttpHeaders),
    accept: "application/json",
    ...(body === undefined ? {} : bodyHeaders(request.contentType ?? "application/json", body)),
  };
  return new Promise((resolve, reject) => {
    const open = url.protocol === "http:" ? httpRequest : httpsRequest;
    const call = open(url, { ...options, headers, method: request.method, signal, timeout: requestTimeoutMs });
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
