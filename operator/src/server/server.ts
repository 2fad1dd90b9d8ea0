import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Clock } from "../runtime/clock.ts";
import { EsddnsError } from "../runtime/errors.ts";
import type { Logger } from "../runtime/log.ts";
import { Backlog, parseInPieces } from "./backlog.ts";
import type { ServesHost } from "./hosts.ts";

export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Besides those of every answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A client that already has this body gets 304 without a body (RFC 9110 section 13.1.2). */
  readonly tagged?: boolean;
}

/** Path → reply. One reply serves all requests of the next second, so the work is bounded. */
export type Routes = Readonly<Record<string, () => Reply | Promise<Reply>>>;

/** Path → action of a POST. It receives only the Authorization header of the request. */
export type Actions = Readonly<Record<string, (authorization: string | undefined) => Reply>>;

interface ServerOptions {
  readonly actions?: Actions;
  /** If absent, every Host is served. */
  readonly serves?: ServesHost;
}

/** For replies that are not pages: nothing may be loaded, framed or executed. */
const LOCKED_DOWN = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": LOCKED_DOWN,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "cache-control": "no-store",
};

const REUSE_MS = 1_000;
const FOREIGN_HOST =
  "The page is not served under this name. Open it by its IP address, or list the name in esddns:service.hosts.";
/** Every path of the server is far shorter. */
const MAX_TARGET_LENGTH = 2_000;
const MAX_CONNECTIONS = 256;

/**
 * An HTTP server for a few fixed paths: GET and HEAD, and POST for actions. It reads no bodies and limits every wait.
 */
export class StatusServer {
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, () => Promise<Made>>;
  readonly #actions: ReadonlyMap<string, Actions[string]>;
  readonly #serves: ServesHost;
  readonly #backlog: Backlog;
  readonly #log: Logger;

  constructor(routes: Routes, clock: Clock, log: Logger, { actions = {}, serves = () => true }: ServerOptions = {}) {
    this.#routes = new Map(Object.entries(routes).map(([path, route]) => [path, reuse(route, clock)]));
    this.#actions = new Map(Object.entries(actions));
    this.#serves = serves;
    this.#backlog = new Backlog(clock);
    this.#log = log;
    this.#server = createServer({
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 5_000,
      // How often Node checks the first two limits. The default is 30 s.
      connectionsCheckingInterval: 1_000,
      // Node's own answer to a request without Host would not be counted: see whatIsWrong.
      requireHostHeader: false,
    });
    this.#server.on("connection", parseInPieces);
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.maxHeadersCount = 64;
    // A client that reads too slowly or not at all holds its connection no longer than this.
    this.#server.setTimeout(15_000, (socket) => {
      // Otherwise data in the kernel for a client that does not read would outlive the connection.
      if (this.#backlog.isEmpty(socket)) socket.destroy();
      else socket.resetAndDestroy();
    });
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      if (this.#backlog.admit(request.socket, response)) void this.#answer(request, response);
    };
    this.#server.on("request", answer);
    // Without a listener Node answers these itself, and they are not counted.
    this.#server.on("checkExpectation", answer);
    // Without a listener Node closes the connection silently. With one it removes its own listeners from the socket.
    // Then a reset would be unhandled and end the process, and no limit would close a connection that the client holds
    // open.
    this.#server.on("connect", (_request, socket) => {
      socket.on("error", () => undefined);
      socket.removeAllListeners("data");
      // From here on Node's own timeouts no longer apply to the connection.
      if (!(socket instanceof Socket) || !this.#backlog.admit(socket)) return;
      socket.end("HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\nConnection: close\r\n\r\n", () => {
        socket.destroy();
      });
    });
  }

  /**
   * Resolves with the port once it listens. Without `host` it listens on all addresses of both families, or of IPv4 if
   * the kernel has no IPv6: Node falls back only if no host is given.
   */
  async listen(port: number, host?: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#server.once("error", reject);
    this.#server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      resolve(undefined);
    });
    await promise;
    this.#server.off("error", reject);
    this.#server.on("error", (error) => {
      this.#log.error({ err: error }, "HTTP server");
    });
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new EsddnsError("ESDDNS_LISTEN", "no TCP address");
    return address.port;
  }

  /** Stops taking requests, and cuts those that are not finished within `graceMs`. */
  async close(graceMs = 1_000): Promise<void> {
    const closed = Promise.withResolvers<undefined>();
    this.#server.close(() => {
      closed.resolve(undefined);
    });
    this.#server.closeIdleConnections();
    const cut = setTimeout(() => {
      this.#server.closeAllConnections();
    }, graceMs);
    await closed.promise;
    clearTimeout(cut);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let reply: Made;
    try {
      reply = await this.#reply(request);
    } catch (error) {
      this.#log.error({ err: error, path: request.url?.slice(0, 200) }, "request failed");
      reply = finished(text(500, "internal error"));
    }
    const unchanged = hasTag(request, reply.headers?.["etag"]);
    response.writeHead(unchanged ? 304 : reply.status, {
      ...SECURITY_HEADERS,
      ...(unchanged ? {} : { "content-type": reply.contentType, "content-length": reply.bytes.length }),
      ...reply.headers,
      // A body is never read, so the connection cannot be used again.
      ...(hasBody(request) ? { connection: "close" } : {}),
    });
    response.end(unchanged || request.method === "HEAD" ? undefined : reply.bytes);
  }

  async #reply(request: IncomingMessage): Promise<Made> {
    const wrong = whatIsWrong(request);
    if (wrong !== undefined) return finished(wrong);
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    // Only programs that speak HTTP/1.0 leave Host out. Browsers always send it.
    const { host } = request.headers;
    if (host !== undefined && !this.#serves(host, path)) return finished(text(421, FOREIGN_HOST));
    const route = this.#routes.get(path);
    const action = this.#actions.get(path);
    if (route === undefined && action === undefined) return finished(text(404, "not found"));
    if (action !== undefined && request.method === "POST") return finished(action(request.headers.authorization));
    if (route !== undefined && (request.method === "GET" || request.method === "HEAD")) return await route();
    const allowed = [...(route === undefined ? [] : ["GET", "HEAD"]), ...(action === undefined ? [] : ["POST"])];
    return finished({ ...text(405, `only ${allowed.join(" and ")}`), headers: { allow: allowed.join(", ") } });
  }
}

/** Returns a reply of one line of plain text. */
export function text(status: number, line: string): Reply {
  return { status, contentType: "text/plain; charset=utf-8", body: `${line}\n` };
}

/**
 * Returns the refusal of a request that no sensible client sends, or undefined. Node itself refuses requests that are
 * not HTTP.
 */
function whatIsWrong(request: IncomingMessage): Reply | undefined {
  const target = request.url ?? "";
  if (target.length > MAX_TARGET_LENGTH) return text(414, "the path is too long");
  const hosts = request.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === "host");
  if (hosts.length > 1) return text(400, "more than one Host header");
  const { host, expect } = request.headers;
  if (expect !== undefined && expect.toLowerCase() !== "100-continue") return text(417, "no expectation is met here");
  if (host === undefined && request.httpVersion !== "1.0") return text(400, "no Host header");
  if (host !== undefined && !HOST.test(host)) return text(400, "the Host header is not a host");
  try {
    decodeURIComponent(target);
  } catch {
    return text(400, "the path is not encoded as it must be");
  }
  return undefined;
}

/** A name, an IPv4 address or an IPv6 address in brackets, with or without a port. */
const HOST = /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

function hasTag(request: IncomingMessage, tag: string | undefined): boolean {
  if (tag === undefined) return false;
  const known = request.headers["if-none-match"];
  return known === "*" || known?.split(",").some((one) => one.trim().replace(/^W\//, "") === tag) === true;
}

/** A reply with its body as bytes, which all waiting connections share. A string would be copied for each. */
interface Made extends Omit<Reply, "body" | "tagged"> {
  readonly bytes: Buffer;
}

/** Encodes the body. The tag of a tagged reply is the hash of its body. */
function finished({ body, tagged, ...reply }: Reply): Made {
  const bytes = Buffer.from(body);
  if (tagged !== true) return { ...reply, bytes };
  const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
  return { ...reply, bytes, headers: { "cache-control": "no-cache", ...reply.headers, etag } };
}

function hasBody(request: IncomingMessage): boolean {
  const length = request.headers["content-length"];
  return (length !== undefined && length !== "0") || request.headers["transfer-encoding"] !== undefined;
}

/** Runs `make` for all callers together: one run at a time, and at most one a second. */
function reuse(make: () => Reply | Promise<Reply>, clock: Clock): () => Promise<Made> {
  let made: { at: number; reply: Promise<Made> } | undefined;
  return () => {
    const now = clock.monotonic();
    if (made === undefined || now - made.at >= REUSE_MS) {
      made = { at: now, reply: Promise.resolve().then(make).then(finished) };
      made.reply.catch(() => {
        made = undefined;
      });
    }
    return made.reply;
  };
}
