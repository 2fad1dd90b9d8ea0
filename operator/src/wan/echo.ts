import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { isIP } from "node:net";
import type { VoteOutcome } from "../api/index.ts";
import type { Address } from "./address.ts";
import { parseAddress } from "./address.ts";

/** More than the longest address and a line's end; whatever is longer is not an answer. */
const MAX_BODY_BYTES = 64;

export type EchoResult =
  | { readonly ok: true; readonly address: Address }
  | { readonly ok: false; readonly outcome: VoteOutcome; readonly detail: string };

/**
 * Asks an HTTPS echo service on one address of its host, over a new connection: an old one may still run by an old NAT
 * mapping. The certificate must be valid for the host in the URL (by Node's own roots and NODE_EXTRA_CA_CERTS),
 * redirects are not followed, and the body must be an address and nothing else but a line's end.
 *
 * Rejects only with the signal's reason.
 *
 * @param url https:
 * @param contact the address to connect to
 */
export type FetchEcho = (url: URL, contact: Address, signal: AbortSignal) => Promise<EchoResult>;

type Stage = "connecting" | "handshake" | "answer";

export const fetchEcho: FetchEcho = async (url, contact, signal) => {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const end = Promise.withResolvers<EchoResult>();
  let stage: Stage = "connecting";
  const req = request({
    host: contact.text,
    port: url.port === "" ? 443 : Number(url.port),
    path: url.pathname + url.search,
    servername: isIP(host) === 0 ? host : "",
    headers: { host: url.host, accept: "text/plain", "user-agent": "esddns", connection: "close" },
    agent: false,
    rejectUnauthorized: true,
    signal,
  });
  req.on("socket", (socket) => {
    socket.once("connect", () => (stage = "handshake"));
    socket.once("secureConnect", () => (stage = "answer"));
  });
  req.on("response", (response) => {
    readAnswer(response).then(end.resolve, (error: unknown) => {
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

async function readAnswer(response: IncomingMessage): Promise<EchoResult> {
  const status = response.statusCode ?? 0;
  if (status >= 300 && status < 400) return refuse("Refused", `HTTP ${status}: redirects are not followed`);
  if (status !== 200) return refuse("Refused", `HTTP ${status}`);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return refuse("Malformed", `a body of more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  const address = parseAddress(
    Buffer.concat(chunks)
      .toString("latin1")
      .replace(/\r?\n$/, ""),
  );
  if (address === undefined) return refuse("Malformed", "the body is not an address");
  return { ok: true, address };
}

function failed(stage: Stage, error: unknown): EchoResult {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (stage === "connecting") return refuse("Unreachable", message);
  if (stage === "handshake") return refuse("TlsFailed", message);
  return code.startsWith("HPE_") ? refuse("Malformed", message) : refuse("Unreachable", message);
}

function refuse(outcome: VoteOutcome, detail: string): EchoResult {
  return { ok: false, outcome, detail };
}
