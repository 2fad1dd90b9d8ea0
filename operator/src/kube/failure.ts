import { clean } from "@esddns/common/text";
import { EsddnsError } from "../runtime/errors.ts";
import { parseRetryAfter } from "../runtime/http.ts";

/** Why a request to the API server failed. With Timeout and Network it may or may not have been carried out. */
type KubeFailureKind =
  | "NotFound"
  | "Conflict"
  | "AlreadyExists"
  | "Expired"
  | "Unauthorized"
  | "Forbidden"
  | "Invalid"
  | "TooManyRequests"
  | "ServerError"
  | "Timeout"
  | "Network"
  | "Unexpected";

export interface KubeFailure {
  readonly kind: KubeFailureKind;
  /** The HTTP status, if there was an answer. */
  readonly status?: number;
  /** The server's own message, if it gave one. */
  readonly message: string;
  readonly retryAfterMs?: number;
}

export type KubeResult<T> = { ok: true; value: T } | { ok: false; error: KubeFailure };

/**
 * The longest pause that the API server can ask for, which is also the longest that a loop takes by itself. A loop
 * without a step for minutes would count as stuck, and the kubelet would restart the pod again and again.
 */
const MAX_RETRY_AFTER_MS = 30_000;
const MAX_MESSAGE = 1000;

/** Returns the failure for an HTTP answer with a metav1.Status body. `retryAfter` is the header. */
export function failureOfStatus(status: number, body: string, retryAfter?: string): KubeFailure {
  const { reason, message } = parseStatus(body);
  // API servers send whole seconds. A date is no reason to wait.
  const retryAfterMs = parseRetryAfter(retryAfter, MAX_RETRY_AFTER_MS);
  return {
    kind: kindOf(status, reason),
    status,
    message: message ?? `HTTP status ${status}`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Returns the failure for an exception of the HTTP client: silence, a broken connection or an unreadable answer. */
export function failureOfError(error: unknown): KubeFailure {
  const {
    name,
    code,
    message: said,
  }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error));
  const message = clean(said, MAX_MESSAGE);
  if (name === "TimeoutError") return { kind: "Timeout", message };
  if (error instanceof EsddnsError) return { kind: "Unexpected", message };
  if (error instanceof SyntaxError) return { kind: "Unexpected", message: `an answer that is not JSON: ${message}` };
  return { kind: "Network", message: code === undefined ? message : `${message} (${code})` };
}

function parseStatus(body: string): { reason?: string; message?: string } {
  try {
    const status: unknown = JSON.parse(body);
    if (typeof status !== "object" || status === null) return {};
    const { reason, message } = status as { reason?: unknown; message?: unknown };
    return {
      ...(typeof reason === "string" ? { reason } : {}),
      ...(typeof message === "string" && message !== "" ? { message: clean(message, MAX_MESSAGE) } : {}),
    };
  } catch {
    // Proxies on the way answer in their own format. The HTTP status is enough.
    return {};
  }
}

function kindOf(status: number, reason: string | undefined): KubeFailureKind {
  switch (status) {
    case 400:
    case 422:
      return "Invalid";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "NotFound";
    case 409:
      return reason === "AlreadyExists" ? "AlreadyExists" : "Conflict";
    case 410:
      return "Expired";
    case 429:
      return "TooManyRequests";
    default:
      return status >= 500 ? "ServerError" : "Unexpected";
  }
}
