import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { isIP } from "node:net";
import { readUpTo } from "../runtime/http.ts";
import { publicTrust } from "../runtime/tls.ts";
import type { Address } from "@esddns/common/ip";
import type { SourceRefusal } from "./contact.ts";
import { refuse } from "./contact.ts";

type HttpsResult = { readonly ok: true; readonly body: Buffer } | SourceRefusal;

/**
 * GETs a small text from one address of its host, over a new connection. The certificate must be valid for the host in
 * the URL (by Node's own roots and NODE_EXTRA_CA_CERTS). Redirects are not followed, and a longer body is not read. A
 * body that does not mark its own end is Malformed, and a truncated one is Unreachable.
 *
 * Rejects only with the signal's reason.
 *
 * @param url https:
 * @param contact the address to connect to
 */
export type HttpsGet = (url: URL, contact: Address, maxBytes: number, signal: AbortSignal) => Promise<HttpsResult>;

type Stage = "connecting" | "handshake" | "answer";

export const httpsGet: HttpsGet = async (url, contact, maxBytes, signal) => {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const end = Promise.withResolvers<HttpsResult>();
  let stage: Stage = "connecting";
  const req = request({
    host: contact.text,
    port: url.port === "" ? 443 : Number(url.port),
    path: url.pathname + url.search,
    servername: isIP(host) === 0 ? host : "",
    headers: { host: url.host, accept: "text/plain", "user-agent": "esddns", connection: "close" },
    agent: false,
    // No request type has this option, but all options are passed to tls.connect.
    ...{ secureContext: publicTrust() },
    rejectUnauthorized: true,
    signal,
  });
  req.on("socket", (socket) => {
    socket.once("connect", () => (stage = "handshake"));
    socket.once("secureConnect", () => (stage = "answer"));
  });
  req.on("response", (response) => {
    readBody(response, maxBytes).then(end.resolve, (error: unknown) => {
      end.resolve(failed(stage, error));
    });
  });
  req.on("error", (error) => {
    end.resolve(failed(stage, error));
  });
  req.on("close", () => {
    end.resolve(refuse("Unreachable", "the connection was closed without an answer"));
  });
  req.end();
  try {
    const result = await end.promise;
    signal.throwIfAborted();
    return result;
  } finally {
    req.destroy();
  }
};

async function readBody(response: IncomingMessage, maxBytes: number): Promise<HttpsResult> {
  const status = response.statusCode ?? 0;
  if (status >= 300 && status < 400) return refuse("Refused", `HTTP ${status}: redirects are not followed`);
  if (status !== 200) return refuse("Refused", `HTTP ${status}`);
  if (!marksItsEnd(response)) return refuse("Malformed", "a body with neither a Content-Length nor chunks");
  const { bytes, isWhole } = await readUpTo(response, maxBytes);
  return isWhole ? { ok: true, body: bytes } : refuse("Malformed", `a body of more than ${maxBytes} bytes`);
}

/**
 * Reports whether the answer itself marks the end of its body (RFC 9112 section 6.3). Otherwise the body ends with the
 * connection, and an attacker on the path can end that early: the part that has arrived may be a shorter, valid
 * address.
 */
function marksItsEnd({ headers }: IncomingMessage): boolean {
  const coding = headers["transfer-encoding"];
  return coding === undefined ? headers["content-length"] !== undefined : /(?:^|,)[ \t]*chunked$/i.test(coding);
}

function failed(stage: Stage, error: unknown): SourceRefusal {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (stage === "connecting") return refuse("Unreachable", message);
  if (stage === "handshake") return refuse("TlsFailed", message);
  return code.startsWith("HPE_") ? refuse("Malformed", message) : refuse("Unreachable", message);
}
