import { readFile } from "node:fs/promises";
import { EsddnsError } from "../runtime/errors.ts";
import { HOW_TO_RENEW } from "./errors.ts";

/** Both kinds of Gandi's credentials are far shorter. A longer file is not a token. */
const MAX_TOKEN = 1024;
/** Gandi's legacy API keys have 24 characters, its Personal Access Tokens 40. */
const LEGACY_KEY_LENGTH = 24;

/**
 * Returns a source that reads the token from a file at every call, because Kubernetes replaces a mounted Secret in
 * place. At the client's request rate that is cheap.
 *
 * Rejects with `ESDDNS_GANDI_TOKEN` if the file is missing, unreadable or empty, or contains something else than a
 * token.
 */
export function tokenFile(path: string): () => Promise<string> {
  return async () => checkToken((await read(path)).trim(), path);
}

/**
 * Returns the value of the Authorization header: `Bearer` for a Personal Access Token, `Apikey` for a legacy key
 * (https://api.gandi.net/docs/authentication/). Gandi does not distinguish them by form. 24 characters or fewer count
 * as a legacy key, the rule of DNS-Lexicon's Gandi provider.
 */
export function authorization(token: string): string {
  return `${token.length <= LEGACY_KEY_LENGTH ? "Apikey" : "Bearer"} ${token}`;
}

/**
 * Returns a function that removes this token from a text: unchanged, percent-encoded, and inside base64, where it can
 * start at any of three offsets. It is meant for answers that repeat a request, not for a server that wants to reveal
 * the token.
 */
export function redactor(token: string): (text: string) => string {
  const inBase64 = [0, 1, 2].flatMap((offset) => [
    insideBase64(token, offset, "base64"),
    insideBase64(token, offset, "base64url"),
  ]);
  const forms = [token, encodeURIComponent(token), ...inBase64];
  return (text) => forms.reduce((rest, form) => rest.replaceAll(form, "[token]"), text);
}

/** Returns the characters of a base64 text that depend only on the token, `offset` bytes after a group of three. */
function insideBase64(token: string, offset: number, alphabet: "base64" | "base64url"): string {
  const text = Buffer.from(" ".repeat(offset) + token).toString(alphabet);
  const whole = Math.floor(((offset + token.length) * 8) / 6);
  return text.slice(Math.ceil((offset * 8) / 6), whole);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
    const what = code === "ENOENT" ? "does not exist" : `cannot be read (${code})`;
    throw tokenError(`The Gandi token file ${path} ${what}`, cause);
  }
}

function checkToken(token: string, path: string): string {
  if (token === "") throw tokenError(`The Gandi token file ${path} is empty`);
  // Anything else could not be sent in a header (RFC 9110 section 5.5), and an error about it would quote it.
  if (token.length > MAX_TOKEN || !/^[\x21-\x7e]+$/.test(token)) {
    throw tokenError(`The Gandi token file ${path} does not hold one line with a token`);
  }
  return token;
}

function tokenError(what: string, cause?: unknown): EsddnsError {
  return new EsddnsError("ESDDNS_GANDI_TOKEN", `${what}: ${HOW_TO_RENEW}`, { cause, retryable: true });
}
