import type { Clock } from "../runtime/clock.ts";
import { type Http, type HttpRequest, readUpTo } from "../runtime/http.ts";
import { within } from "../runtime/wait.ts";

export interface HttpReply {
  status: number;
  /** The whole body as UTF-8, at most `MAX_BODY` bytes of it. */
  text: string;
  /** The first value of a header, by its name in lower case. */
  readonly header: (name: string) => string | undefined;
}

/** Limits of one request, in milliseconds. `totalMs` runs from the start to the last byte of the body. */
export interface HttpTimeouts {
  headersMs: number;
  bodyMs: number;
  totalMs: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** Far above any rrset or error. The rest is not read, and the connection is given up. */
const MAX_BODY = 64 * 1024;

/**
 * Sends one request and reads its whole answer. Follows no redirect, which would carry the token elsewhere.
 *
 * Rejects with the socket's error, with a TimeoutError after any of the times, or with the signal's reason.
 */
export async function exchange(
  request: HttpRequest,
  options: { http: Http; timeouts: HttpTimeouts; clock: Clock; signal: AbortSignal },
): Promise<HttpReply> {
  const { http, timeouts, clock } = options;
  const limits = { ...timeouts, connectMs: CONNECT_TIMEOUT_MS };
  return within(clock, timeouts.totalMs, options.signal, async (signal) => {
    const { status, header, body } = await http.send(request, limits, signal);
    const { bytes } = await readUpTo(body, MAX_BODY);
    return { status, header, text: bytes.toString("utf8") };
  });
}
