import type { FieldError } from "./rrset.ts";

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for none. */
  readonly body: string;
}

/** Says on every answer what gave it. */
const standinHeaders = { "X-Standin": "gandi-livedns" } as const;

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): ApiAnswer {
  const contentType = { "Content-Type": "application/json; charset=utf-8" };
  return { status, headers: { ...standinHeaders, ...contentType, ...headers }, body: JSON.stringify(body) };
}

export function created(): ApiAnswer {
  return json(201, { message: "DNS Record Created" });
}

export function noContent(): ApiAnswer {
  return { status: 204, headers: standinHeaders, body: "" };
}

// The shapes in which LiveDNS tells an error: clients have to be able to read each of them.

export function unauthorized(): ApiAnswer {
  const message =
    "The server could not verify that you authorized to access the document you requested. " +
    "Either you supplied the wrong credentials, or your access token has expired.";
  return json(401, { code: 401, message, object: "HTTPUnauthorized", cause: "Unauthorized" });
}

export function forbidden(): ApiAnswer {
  const message = "Access was denied to this resource.";
  return json(403, { code: 403, message, object: "HTTPForbidden", cause: "Forbidden" });
}

export function rrsetNotFound(name: string, type: string): ApiAnswer {
  const message = `Can't find the DNS record ${name}/${type} in the zone`;
  return json(404, { code: 404, message, object: "dns-record", cause: "Not Found" });
}

export function zoneNotFound(): ApiAnswer {
  return json(404, { code: 404, message: "Unknown domain", object: "LocalizedHTTPNotFound", cause: "Not Found" });
}

export function resourceNotFound(): ApiAnswer {
  const message = "The resource could not be found.";
  return json(404, { code: 404, message, object: "HTTPNotFound", cause: "Not Found" });
}

export function methodNotAllowed(): ApiAnswer {
  const message = "The method is not allowed for this resource.";
  return json(405, { code: 405, message, object: "HTTPMethodNotAllowed", cause: "Method Not Allowed" });
}

export function conflict(message: string): ApiAnswer {
  return json(409, { code: 409, message, object: "dns-record", cause: "Conflict" });
}

/** The one shape without `code` and `message`. */
export function invalid(errors: readonly FieldError[]): ApiAnswer {
  return json(400, { status: "error", errors });
}

/** JSON, but without `code`. */
export function credentialsMissing(): ApiAnswer {
  return json(401, { message: "You must provide an access token or an API Key to authenticate" });
}

export function tooManyRequests(): ApiAnswer {
  const message = "Too many requests, please try again later.";
  return json(429, { code: 429, message, object: "HTTPTooManyRequests", cause: "Too Many Requests" });
}

/** Not JSON at all. */
export function htmlError(): ApiAnswer {
  const body = "<html><head><title>500 Internal Server Error</title></head><body>Internal Server Error</body></html>\n";
  return { status: 500, headers: { ...standinHeaders, "Content-Type": "text/html" }, body };
}

/** A success that is none: what a captive portal or a proxy says in Gandi's place. */
export function loginPage(): ApiAnswer {
  const body = "<html><head><title>Welcome</title></head><body>Please log in</body></html>\n";
  return { status: 200, headers: { ...standinHeaders, "Content-Type": "text/html" }, body };
}

export function text(status: number, body: string): ApiAnswer {
  return { status, headers: { ...standinHeaders, "Content-Type": "text/plain; charset=utf-8" }, body };
}
