/**
 * HTTP with Node's own client: a library costs several MiB on every node, and needs a just-in-time compiler
 * (docs/adr/0005).
 */
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
  /** For a new connection, including TLS. */
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
  /** A caller that does not read it to its end calls `discard`. */
  readonly body: AsyncIterable<Buffer>;
  discard(): void;
}

/** A pool of connections. */
export interface Http {
  /**
   * Sends one request. Redirects are not followed. Rejects with the signal's reason, with a TimeoutError
   * (DOMException), or with the socket's error. Reading the body rejects in the same ways. If a new connection was made
   * before the error, the error's `address` is the IP address that accepted it.
   */
  send(request: HttpRequest, limits: HttpLimits, signal: AbortSignal): Promise<HttpAnswer>;
  /** Closes idle connections. Requests in progress end on theirs. */
  retire(): void;
  /** Cuts every connection, including those in use. */
  destroy(): void;
}

/** Idle connections are closed before a server closes them: a request sent on a closing connection is lost. */
const IDLE_MS = 4_000;

/**
 * How long each address of a host is tried before the next one, milliseconds. Node's 250 ms are less than a round trip
 * from Australia to Europe, and less than the 1 s after which a lost SYN is sent again (RFC 6298 section 2).
 */
const ATTEMPT_MS = 2_500;

/** @param options.ca PEM of the authorities that may vouch for servers. It replaces Node's and NODE_EXTRA_CA_CERTS */
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
      // Stays after the answer has begun: without a listener an error would end the process.
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

/** Returns the whole body as UTF-8. Rejects, and gives the connection up, if it is longer. */
export async function readText(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const { bytes, isWhole } = await readUpTo(body, maxBytes);
  if (!isWhole) throw new Error(`an answer of more than ${maxBytes} bytes`);
  return bytes.toString("utf8");
}

/** Returns at most `maxBytes` of the body. If there is more (`isWhole` false), the connection is given up. */
export async function readUpTo(
  body: AsyncIterable<Buffer>,
  maxBytes: number,
): Promise<{ readonly bytes: Buffer; readonly isWhole: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), isWhole: size <= maxBytes };
}

/**
 * Returns the milliseconds that a Retry-After header (RFC 9110 section 10.2.3) asks for, at most `mostMs`. Returns
 * undefined for a header that is absent or malformed.
 *
 * @param now wall clock in milliseconds, for a header that is a date. Without it only seconds are read.
 */
export function parseRetryAfter(value: string | undefined, mostMs: number, now?: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, mostMs);
  // Date.parse takes "-5" and "1.5" for days of 2001, too. Dates of HTTP are in GMT and say so.
  const ms = value.endsWith("GMT") && now !== undefined ? Date.parse(value) - now : NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), mostMs);
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
