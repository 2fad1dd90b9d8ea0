import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Clock } from "../clock.ts";
import { EsddnsError } from "../errors.ts";
import type { Logger } from "../log.ts";

export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Beside those that every answer has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Path → what to answer there. What a route makes serves every request of the next second, so work is bounded. */
export type Routes = Readonly<Record<string, () => Reply | Promise<Reply>>>;

/** For what is no page: nothing may be loaded, framed or executed. */
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
const MAX_CONNECTIONS = 256;

/** An HTTP server for a few fixed paths: GET and HEAD only, no bodies read, every wait limited. */
export class StatusServer {
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, () => Promise<Reply>>;
  readonly #log: Logger;

  constructor(routes: Routes, clock: Clock, log: Logger) {
    this.#routes = new Map(Object.entries(routes).map(([path, route]) => [path, reuse(route, clock)]));
    this.#log = log;
    this.#server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 5_000 });
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.maxHeadersCount = 64;
    // A client that reads too slowly, or not at all, holds its connection no longer than this.
    this.#server.setTimeout(15_000);
    this.#server.on("request", (request, response) => {
      void this.#answer(request, response);
    });
  }

  /** Resolves with the port once it listens; `host` `::` means every address of both families. */
  async listen(port: number, host = "::"): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#server.once("error", reject);
    this.#server.listen(port, host, () => {
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

  /** Takes no more requests, and cuts those that are not done within `graceMs`. */
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
    let reply: Reply;
    try {
      reply = await this.#reply(request);
    } catch (error) {
      this.#log.error({ err: error, path: request.url?.slice(0, 200) }, "request failed");
      reply = text(500, "internal error");
    }
    response.writeHead(reply.status, {
      ...SECURITY_HEADERS,
      "content-type": reply.contentType,
      "content-length": Buffer.byteLength(reply.body),
      ...reply.headers,
      // A body that came along is never read, so the connection cannot be used again.
      ...(hasBody(request) ? { connection: "close" } : {}),
    });
    response.end(request.method === "HEAD" ? undefined : reply.body);
  }

  async #reply(request: IncomingMessage): Promise<Reply> {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    const route = this.#routes.get(path);
    if (route === undefined) return text(404, "not found");
    if (request.method !== "GET" && request.method !== "HEAD") {
      return { ...text(405, "only GET and HEAD"), headers: { allow: "GET, HEAD" } };
    }
    return await route();
  }
}

/** A reply of plain text, one line. */
export function text(status: number, line: string): Reply {
  return { status, contentType: "text/plain; charset=utf-8", body: `${line}\n` };
}

function hasBody(request: IncomingMessage): boolean {
  const length = request.headers["content-length"];
  return (length !== undefined && length !== "0") || request.headers["transfer-encoding"] !== undefined;
}

/** One run of `make` at a time, and at most one a second, for however many callers. */
function reuse(make: () => Reply | Promise<Reply>, clock: Clock): () => Promise<Reply> {
  let made: { at: number; reply: Promise<Reply> } | undefined;
  return () => {
    const now = clock.monotonic();
    if (made === undefined || now - made.at >= REUSE_MS) {
      made = { at: now, reply: Promise.resolve().then(make) };
      made.reply.catch(() => {
        made = undefined;
      });
    }
    return made.reply;
  };
}
