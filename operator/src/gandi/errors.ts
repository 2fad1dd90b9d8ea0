/** All outcomes of a request to LiveDNS except success, as values. Each has a sentence that says what to do. */
import * as z from "zod";
import { clean } from "@esddns/common/text";
import { parseRetryAfter } from "../runtime/http.ts";
import type { RateBudget, BudgetRefusal } from "./budget.ts";
import type { HttpReply } from "./http.ts";

export type LiveDnsFailure =
  | {
      kind: "Unauthorized" | "Forbidden" | "ZoneNotFound" | "Invalid" | "Network" | "Timeout" | "Unexpected";
      message: string;
      /** Gandi's HTTP status. Absent if the request was not answered or not sent. */
      status?: number;
    }
  /** Gandi's own limit. Without `status` while a pause that Gandi asked for lasts. */
  | { kind: "RateLimited"; message: string; status?: number; retryAfterMs: number }
  /** Our own limit: nothing was sent, and nothing is wrong. */
  | { kind: "BudgetSpent"; message: string; status?: undefined; retryAfterMs: number }
  | { kind: "ServerError"; message: string; status: number; retryAfterMs?: number };

export type LiveDnsResult<T> = { ok: true; value: T } | { ok: false; error: LiveDnsFailure };

/** An answer of LiveDNS. Redact its text before showing it. */
export interface GandiReply extends HttpReply {
  /** Removes the token from a text: a server, or a proxy in front of it, may repeat the request's headers. */
  readonly redact: (text: string) => string;
}

/** The subject of a request, for the messages. */
export interface RequestSubject {
  zone: string;
  /** For example `A home.example.com`. */
  rrset: string;
  /** The base URL of the API. */
  api: string;
}

/** For every failure that a new token fixes. */
export const HOW_TO_RENEW =
  "create a Personal Access Token at https://admin.gandi.net/organizations/account/pat with the right " +
  '"Manage domain name technical configurations", store it with "pulumi config set --secret esddns:gandiToken" ' +
  '(or in the Secret that esddns:gandiTokenSecret names) and run "pulumi up".';

/** For a 429 without Retry-After: Gandi's limits are per minute. */
const DEFAULT_RETRY_AFTER_MS = 60_000;
/** No server can stop a record for longer than this. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * Gandi's error bodies in all their forms: `{code, message, object, cause}`, the same without `code`, and `{status:
 * "error", errors: [{location, name, description}]}`. Fields that are missing or of another type are ignored.
 */
const errorBody = z.object({
  message: z.string().optional().catch(undefined),
  object: z.string().optional().catch(undefined),
  errors: z
    .array(z.object({ name: z.string().optional(), description: z.string() }))
    .optional()
    .catch(undefined),
});
type ErrorBody = z.infer<typeof errorBody>;

/** Reports whether it is a 404 for the rrset in an existing zone. Gandi names the object that it did not find. */
export function isRrsetAbsent(reply: HttpReply): boolean {
  return reply.status === 404 && parseErrorBody(reply)?.object === "dns-record";
}

/**
 * Returns the failure for a reply other than 2xx.
 *
 * @param now wall clock in milliseconds, for a Retry-After that is a date
 */
export function failureOfReply(reply: GandiReply, subject: RequestSubject, now: number): LiveDnsFailure {
  const { status } = reply;
  const body = parseErrorBody(reply);
  const said = `(${status}: ${quote(reply, body)})`;
  const retryAfterMs = parseRetryAfter(reply.header("retry-after"), MAX_RETRY_AFTER_MS, now);
  if (status === 401) {
    return { kind: "Unauthorized", status, message: `Gandi does not accept the token ${said}: ${HOW_TO_RENEW}` };
  }
  if (status === 403) return { kind: "Forbidden", status, message: forbidden(subject, said) };
  if (status === 404 && body?.object !== undefined && body.object !== "dns-record") {
    return { kind: "ZoneNotFound", status, message: zoneNotFound(subject, said) };
  }
  if (status === 429) {
    const message = `Gandi answers "too many requests" ${said}; it will be tried again. ${OTHER_PROGRAMS}`;
    return { kind: "RateLimited", status, message, retryAfterMs: retryAfterMs ?? DEFAULT_RETRY_AFTER_MS };
  }
  if (status >= 500) {
    const message = `Gandi cannot answer now ${said}; it will be tried again, and there is nothing else to do.`;
    return { kind: "ServerError", status, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
  if ([400, 409, 413, 422].includes(status)) {
    const message = `Gandi refuses ${subject.rrset} ${said}: correct it in esddns:records and run "pulumi up".`;
    return { kind: "Invalid", status, message };
  }
  return unexpected(subject, said, status);
}

/** Returns the failure for a 2xx whose body is not as LiveDNS documents it. */
export function failureOfBody(reply: GandiReply, subject: RequestSubject): LiveDnsFailure {
  return unexpected(subject, `(${reply.status}: ${quote(reply, parseErrorBody(reply))})`, reply.status);
}

/** Returns the failure for a request without a complete answer. */
export function failureOfError(error: unknown, subject: RequestSubject): LiveDnsFailure {
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return {
      kind: "Timeout",
      message: `Gandi did not answer in time at ${subject.api}; it will be tried again. If this lasts, check the way out of the cluster.`,
    };
  }
  const code = errorCode(error);
  const advice = /CERT|SELF_SIGNED|UNABLE_TO_|TLS/.test(code)
    ? untrusted(code, error, subject)
    : "it will be tried again. If this lasts, check name resolution and the way out of the cluster.";
  const at = addressOf(error);
  const what = at === undefined ? code : `${code} at ${at}`;
  return { kind: "Network", message: `The connection to Gandi at ${subject.api} failed (${what}): ${advice}` };
}

/** Returns the failure for a request that our own budget refused before it was sent. */
export function notSentYet(
  { because, waitMs }: BudgetRefusal,
  { limit, slowed }: Pick<RateBudget, "limit" | "slowed">,
): LiveDnsFailure {
  if (because === "Paused") {
    const message = `Gandi answered "too many requests" and asked for a pause; it will be tried again. ${OTHER_PROGRAMS}`;
    return { kind: "RateLimited", message, retryAfterMs: waitMs };
  }
  const key = "esddns:gandiRequestsPerMinute";
  const from = slowed ? `fewer than ${key} for ten minutes, since Gandi answered "too many requests"` : key;
  const message =
    `Waits for its turn, a minute or a few: ${limit} requests a minute go to Gandi at most ` +
    `(${from}), and these are used up. Nothing is wrong, and nothing has to be done.`;
  return { kind: "BudgetSpent", message, retryAfterMs: waitMs };
}

const OTHER_PROGRAMS = "If this lasts, another program behind the same address uses up Gandi's limit.";

/** Node's code for a trusted certificate of another host. */
const WRONG_HOST = "ERR_TLS_CERT_ALTNAME_INVALID";

function untrusted(code: string, error: unknown, { api }: RequestSubject): string {
  const host = new URL(api).hostname;
  const server = addressOf(error) ?? "the server that answered";
  const lookAtDns =
    `if ${server} is not an address of ${host}, look for a wildcard record (*) in a search domain of the nodes' ` +
    "/etc/resolv.conf, and for a name server or captive portal that gives false answers.";
  return code === WRONG_HOST
    ? `the certificate of ${server} is for other names than ${host}: ${lookAtDns}`
    : `the certificate of ${server} is not trusted: check the cluster's clock, and set esddns:extraCaCertificates if you ` +
        `mean to trust a private CA; ${lookAtDns}`;
}

function forbidden({ zone }: RequestSubject, said: string): string {
  return `Gandi denies the token access to ${zone} ${said}: it lacks a right, is restricted to other domains or has expired; ${HOW_TO_RENEW}`;
}

function zoneNotFound({ zone }: RequestSubject, said: string): string {
  return (
    `Gandi has no zone ${zone} for this token ${said}: check the spelling of "zone" in esddns:records, that the ` +
    "domain uses Gandi LiveDNS, and that the token belongs to the organisation that owns the domain."
  );
}

function unexpected({ rrset, api }: RequestSubject, said: string, status: number): LiveDnsFailure {
  const message = `${api} did not answer about ${rrset} as Gandi LiveDNS does ${said}: check that nothing, a proxy for instance, stands between, and the URL if it was changed.`;
  return { kind: "Unexpected", status, message };
}

function parseErrorBody(reply: HttpReply): ErrorBody | undefined {
  try {
    return errorBody.safeParse(JSON.parse(reply.text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Returns Gandi's message for logs, conditions and terminals: short, on one line, printable and without the token. The
 * token is searched for in the parsed JSON, since escapes may hide it in the text of the body.
 */
function quote(reply: GandiReply, body: ErrorBody | undefined): string {
  const details = body?.errors?.map(({ name, description }) => (name === undefined ? "" : `${name}: `) + description);
  const text = details?.join("; ") || body?.message || describeBody(reply, body);
  return clean(reply.redact(text));
}

function describeBody(reply: HttpReply, body: ErrorBody | undefined): string {
  if (reply.text.trim() === "") return "no text";
  if (body !== undefined) return "JSON without a message";
  return reply.text.trimStart().startsWith("<") ? "an HTML page" : "no JSON";
}

/**
 * Returns the code of Node or OpenSSL, of the first of several attempts (RFC 8305). Never the message, which may be
 * long.
 */
function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.name : "unknown error";
}

/** Returns the IP address that was tried, the first of several. */
function addressOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return addressOf(error.errors[0]);
  return error instanceof Error && "address" in error ? String(error.address) : undefined;
}
