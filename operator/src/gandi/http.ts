import { type Dispatcher, request } from "undici";
import type { Clock } from "../clock.ts";
import { within } from "../wait.ts";

export interface HttpRequest {
  url: URL;
  method: "GET" | "PUT" | "DELETE";
  headers: Record<string, string>;
  body?: string;
}

export interface HttpReply {
  status: number;
  /** The whole body as UTF-8, at most `MAX_BODY` bytes of it. */
  text: string;
  /** The first value of a header, by its name in lower case. */
  header(name: string): string | undefined;
}

/** Limits of one request, in milliseconds. `totalMs` runs from the start to the last byte of the body. */
export interface HttpTimeouts {
  headersMs: number;
  bodyMs: number;
  totalMs: number;
}

/** Far above any rrset or error; what comes after it is not read, and the connection is given up. */
const MAX_BODY = 64 * 1024;

/**
 * One request and its whole answer. Follows no redirect: it would carry the token elsewhere.
 * Rejects with undici's or the socket's error, with a TimeoutError after `totalMs`, or with the signal's reason.
 */
export async function exchange(
  http: HttpRequest,
  options: { dispatcher: Dispatcher; timeouts: HttpTimeouts; clock: Clock; signal: AbortSignal },
): Promise<HttpReply> {
  const { dispatcher, timeouts, clock } = options;
  return within(clock, timeouts.totalMs, options.signal, async (signal) => {
    const { statusCode, headers, body } = await request(http.url, {
      dispatcher,
      method: http.method,
      headers: http.headers,
      body: http.body ?? null,
      headersTimeout: timeouts.headersMs,
      bodyTimeout: timeouts.bodyMs,
      signal,
    });
    const text = await readCapped(body);
    return { status: statusCode, text, header: (name) => [headers[name]].flat()[0] };
  });
}

async function readCapped(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BODY) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY).toString("utf8");
}
