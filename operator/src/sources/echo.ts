import type { Address } from "@esddns/common/ip";
import { parseAddress } from "@esddns/common/ip";
import type { SourceRefusal } from "./contact.ts";
import { refuse } from "./contact.ts";
import { httpsGet } from "./httpsGet.ts";

/** More than the longest address and a line end. A longer body is not an answer. */
const MAX_BODY_BYTES = 64;

export type EchoResult = { readonly ok: true; readonly address: Address } | SourceRefusal;

/**
 * Asks an HTTPS echo service on one address of its host. The connection is new, because an old one may still use an old
 * NAT mapping. The body must be an address, optionally followed by a line end.
 *
 * Rejects only with the signal's reason.
 *
 * @param url https:
 * @param contact the address to connect to
 */
export type FetchEcho = (url: URL, contact: Address, signal: AbortSignal) => Promise<EchoResult>;

export const fetchEcho: FetchEcho = async (url, contact, signal) => {
  const result = await httpsGet(url, contact, MAX_BODY_BYTES, signal);
  if (!result.ok) return result;
  const address = parseAddress(result.body.toString("latin1").replace(/\r?\n$/, ""));
  return address === undefined ? refuse("Malformed", "the body is not an address") : { ok: true, address };
};
