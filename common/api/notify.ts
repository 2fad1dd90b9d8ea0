/**
 * The channels for notifications about changes and failures. The stack writes them, and the operator reads them from a
 * mounted Secret.
 */
import * as z from "zod";

export const noteKind = z.enum(["Changed", "Disputed", "Failed", "Recovered"]);
export type NoteKind = z.infer<typeof noteKind>;

export const notifyChannel = z.object({
  name: z.string().min(1).max(63).describe("What logs call it, for instance phone."),
  type: z
    .enum(["webhook", "ntfy", "template"])
    .describe("webhook: signed JSON; ntfy: a topic of an ntfy server; template: a request of your own."),
  url: z.string().min(1).max(2048).describe("https:// URL that is sent to; for ntfy with the topic at its end."),
  events: z.array(noteKind).min(1).default(["Changed", "Disputed", "Failed", "Recovered"]).describe("What it is told."),
  secret: z.string().min(16).optional().describe("webhook: the key of the signature, 16 characters or more. A secret."),
  token: z.string().min(1).optional().describe("ntfy: an access token, where the server wants one. A secret."),
  method: z.enum(["POST", "PUT"]).default("POST").describe("template: the method of the request."),
  headers: z.record(z.string(), z.string()).default({}).describe("template: headers of the request. May be secret."),
  contentType: z.string().default("application/json").describe("template: what the body is."),
  body: z.string().max(8192).optional().describe('template: the body, for instance {"text": "{{title}}: {{text}}"}.'),
});
export type NotifyChannel = z.output<typeof notifyChannel>;

/** The placeholders of a template, in double braces. */
export const PLACEHOLDERS = ["title", "text", "kind", "subject", "time", "namespace"] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

/**
 * Returns the problems of a channel that its shape does not show. Each is one sentence that says what would be right.
 */
export function channelProblems(channel: NotifyChannel): string[] {
  const { type, url, secret, token = "", headers, body, contentType } = channel;
  const problems: string[] = [];
  const target = URL.parse(url);
  const isHttp = target?.protocol === "https:" || target?.protocol === "http:";
  if (!isHttp) problems.push("url is not an https:// URL (http:// is taken, too, for a server on your own network)");
  if (type === "webhook" && secret === undefined) problems.push("a webhook needs a secret, the key of its signature");
  if (type === "ntfy" && isHttp && target.pathname === "/") {
    problems.push("the url of an ntfy channel ends in a topic, for instance https://ntfy.sh/my-topic");
  }
  // Each would make every request fail, and the values may be secrets.
  if (!isHeaderValue(token)) problems.push("the token has signs in it that no header can have");
  for (const [name, value] of Object.entries({ ...headers, "content-type": contentType })) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) problems.push(`${name} is no name that a header can have`);
    else if (!isHeaderValue(value)) problems.push(`no header can have what ${name} has`);
  }
  if (type !== "template") return problems;
  if (body === undefined) return [...problems, "a template needs a body"];
  const unknown = [...body.matchAll(/\{\{\s*(.*?)\s*\}\}/g)].map(([, name = ""]) => name).filter(isNoPlaceholder);
  if (unknown.length > 0) problems.push(`{{${unknown[0] ?? ""}}} is none of ${PLACEHOLDERS.join(", ")}`);
  else if (isJson(contentType) && !parses(filled(body, () => "x"))) {
    problems.push("the body is not JSON once it is filled in; put placeholders between quotes, or set contentType");
  }
  return problems;
}

/** Returns a template with its placeholders replaced. `value` does the escaping. */
export function filled(template: string, value: (name: Placeholder) => string): string {
  return template.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) =>
    isNoPlaceholder(name) ? whole : value(name as Placeholder),
  );
}

export function isJson(contentType: string): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\b/i.test(contentType);
}

/** RFC 9110 section 5.5, limited to ASCII. */
function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e]*$/.test(text);
}

function isNoPlaceholder(name: string): boolean {
  return !(PLACEHOLDERS as readonly string[]).includes(name);
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
