/** HTTP with Node's own client: a library's costs several MiB on every node, and a just-in-time compiler (docs/adr/0005). */
import { Agent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as SecureAgent, request as requestHttps } from "node:https";
import { createSecureContext } from "node:tls";
import { publicTrust } from "./tls.ts";

export interface HttpRequest {
  /** http: or https:. */
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** Milliseconds. */
export interface HttpLimits {
  /** For a connection, TLS included, where none can be used again. */
  readonly connectMs: number;
  /** From the start to the headers of the answer. */
  readonly headersMs: number;
  /** The longest silence within the body. */
  readonly bodyMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** The first value of a header, by its name in lower case. */
  readonly header: (name: string) => string | undefined;
  /** Whoever does not read it to its end calls `discard`. */
  readonly body: AsyncIterable<Buffer>;
  discard(): void;
}

/** A pool of connections. */
export interface Http {
  /**
   * One request. Redirects are not followed. Rejects with the signal's reason, with a TimeoutError (DOMException), or with
   * the socket's error; so does reading the body. If a new connection was made before the error, the error's
   * `address` is the IP address that accepted it.
   */
  send(request: HttpRequest, limits: HttpLimits, signal: AbortSignal): Promise<HttpAnswer>;
  /** Closes what is idle; requests under way end on their connections. */
  retire(): void;
  /** Cuts every connection, those in use included. */
  destroy(): void;
}

/** A connection that nobody uses is closed before a server does so: what is sent on one that is being closed gets lost. */
const IDLE_MS = 4_000;

/**
 * How long each address of a host is tried before the next one, milliseconds. Node's 250 ms are less than a round trip
 * from Australia to Europe, and less than the 1 s after which a lost SYN is sent again (RFC 6298 section 2).
 */
const ATTEMPT_MS = 2_500;

/** `ca`: PEM of the authorities that may vouch for servers, in place of Node's and NODE_EXTRA_CA_CERTS. */
export function httpPool(options: { readonly ca?: string | undefined } = {}): Http {
  const pooled = { keepAlive: true, timeout: IDLE_MS, autoSelectFamilyAttemptTimeout: ATTEMPT_MS };
  const plain = new Agent(pooled);
  const secureContext = options.ca === undefined ? publicTrust() : createSecureContext({ ca: options.ca });
  const secure = new SecureAgent({ ...pooled, secureContext });
  return {
    send: async ({ url, method, headers, body }, limits, signal) => {
      signal.throwIfAborted();
      const answer = Promise.withResolvers<HttpAnswer>();
      const isSecure = url.startsWith("https:");
      const agent = isSecure ? secure : plain;
      const outgoing = (isSecure ? requestHttps : requestHttp)(url, { agent, method, headers: { ...headers }, signal });
      const limit = (ms: number, what: string) =>
        setTimeout(() => outgoing.destroy(late(`no ${what} within ${ms} ms`)), ms);
      const timers = [limit(limits.headersMs, "answer")];
      let acceptedBy: string | undefined;
      outgoing.once("socket", (socket) => {
        if (!socket.connecting) return;
        const timer = limit(limits.connectMs, "connection");
        timers.push(timer);
        socket.once("connect", () => (acceptedBy = socket.remoteAddress));
        socket.once(isSecure ? "secureConnect" : "connect", () => {
          clearTimeout(timer);
        });
      });
      const settled = (): void => {
        for (const timer of timers) clearTimeout(timer);
      };
      outgoing.once("response", (incoming) => {
        settled();
        incoming.setTimeout(limits.bodyMs, () => {
          incoming.destroy(late(`nothing more of the answer within ${limits.bodyMs} ms`));
        });
        answer.resolve(answerOf(incoming, signal));
      });
      // Also after the answer has begun: without a listener an error would end the process.
      outgoing.on("error", (error) => {
        settled();
        const named = acceptedBy === undefined ? error : Object.assign(error, { address: acceptedBy });
        answer.reject(signal.aborted ? (signal.reason as Error) : named);
      });
      outgoing.end(body);
      return answer.promise;
    },
    retire: () => {
      for (const { freeSockets } of [plain, secure])
        for (const socket of Object.values(freeSockets).flat()) socket?.destroy();
    },
    destroy: () => {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** The whole body as UTF-8; rejects, and gives the connection up, where it is longer. */
export async function readText(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`an answer of more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function answerOf(incoming: IncomingMessage, signal: AbortSignal): HttpAnswer {
  incoming.on("error", () => undefined);
  return {
    status: incoming.statusCode ?? 0,
    header: (name) => [incoming.headers[name]].flat()[0],
    body: chunksOf(incoming, signal),
    discard: () => {
      incoming.destroy();
    },
  };
}

async function* chunksOf(incoming: IncomingMessage, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of incoming) yield chunk as Buffer;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

function late(message: string): DOMException {
  return new DOMException(message, "TimeoutError");
}
