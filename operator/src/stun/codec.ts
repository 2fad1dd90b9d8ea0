import { randomBytes } from "node:crypto";
import type { ErrorCode, TransportAddress } from "./attributes.ts";
import {
  decodeErrorCode,
  decodeMappedAddress,
  decodeUnknownAttributes,
  decodeXorMappedAddress,
  ERROR_CODE,
  isUnknownRequired,
  MAPPED_ADDRESS,
  MESSAGE_INTEGRITY,
  MESSAGE_INTEGRITY_SHA256,
  UNKNOWN_ATTRIBUTES,
  XOR_MAPPED_ADDRESS,
} from "./attributes.ts";
import type { Attribute, Malformed, Message } from "./message.ts";
import { decodeMessage, encodeMessage, METHOD_BINDING, TRANSACTION_ID_BYTES } from "./message.ts";

/** Random bytes for transaction ids: node:crypto's, or a test's. */
export type RandomBytes = (size: number) => Uint8Array;

/** Returns a Binding request without attributes. Its new 96-bit id cannot be guessed off the path (section 6.1). */
export function bindingRequest(random: RandomBytes = randomBytes): { transactionId: Uint8Array; bytes: Uint8Array } {
  const transactionId = Uint8Array.from(random(TRANSACTION_ID_BYTES));
  const bytes = encodeMessage({ class: "request", method: METHOD_BINDING, transactionId, attributes: [] });
  return { transactionId, bytes };
}

/** The content of an answer to a Binding request. */
export type BindingResponse =
  /** Not an answer to this request. It is ignored, and the transaction continues (section 6.3). */
  | { readonly kind: "junk"; readonly problem: string }
  | { readonly kind: "mapped"; readonly mapped: TransportAddress }
  /** An error response (section 6.3.4). A redirect (300) is treated like any other: it is not followed. */
  | { readonly kind: "refused"; readonly error: ErrorCode; readonly unknownAttributes: readonly number[] }
  /** The answer to this request, but one that fails the transaction (sections 6.3.3 and 6.3.4). */
  | { readonly kind: "failed"; readonly error: Malformed };

/**
 * Reads a datagram or message that arrived on a Binding request's socket.
 *
 * Servers of RFC 3489 treat the cookie as part of their 128-bit transaction id and echo it, so it is required of them,
 * too. They answer only with MAPPED-ADDRESS. That attribute is read only if there is no XOR-MAPPED-ADDRESS: some NATs
 * rewrite addresses that they find in a payload (section 14.2).
 */
export function readBindingResponse(bytes: Uint8Array, transactionId: Uint8Array): BindingResponse {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) return { kind: "junk", problem: describe(decoded.error) };
  const message = decoded.value;
  if (message.method !== METHOD_BINDING) return { kind: "junk", problem: `method ${message.method}` };
  if (message.class !== "success" && message.class !== "error") return { kind: "junk", problem: `a ${message.class}` };
  if (Buffer.compare(message.transactionId, transactionId) !== 0) {
    return { kind: "junk", problem: "the id of another transaction" };
  }
  const attributes = credible(message);
  const unknown = attributes.find(({ type }) => isUnknownRequired(type));
  if (unknown !== undefined) {
    return failed(unknown.offset, "comprehension-required attribute that is not known", unknown.type);
  }
  return message.class === "success" ? readSuccess(attributes, transactionId) : readError(attributes);
}

/** Returns the problem and its place in words. */
export function describe({ problem, offset, attribute }: Malformed): string {
  const where = attribute === undefined ? "" : `attribute 0x${attribute.toString(16).padStart(4, "0")} `;
  return `${problem} (${where}at byte ${offset})`;
}

function readSuccess(attributes: readonly Attribute[], transactionId: Uint8Array): BindingResponse {
  const xor = first(attributes, XOR_MAPPED_ADDRESS);
  const plain = first(attributes, MAPPED_ADDRESS);
  if (xor === undefined && plain === undefined) return failed(0, "a success without a mapped address");
  const decoded =
    xor !== undefined ? decodeXorMappedAddress(xor, transactionId) : decodeMappedAddress(plain as Attribute);
  return decoded.ok ? { kind: "mapped", mapped: decoded.value } : { kind: "failed", error: decoded.error };
}

function readError(attributes: readonly Attribute[]): BindingResponse {
  const attribute = first(attributes, ERROR_CODE);
  if (attribute === undefined) return failed(0, "an error response without ERROR-CODE");
  const error = decodeErrorCode(attribute);
  if (!error.ok) return { kind: "failed", error: error.error };
  const list = first(attributes, UNKNOWN_ATTRIBUTES);
  const unknown = list === undefined ? undefined : decodeUnknownAttributes(list);
  return { kind: "refused", error: error.value, unknownAttributes: unknown?.ok === true ? unknown.value : [] };
}

/** Sections 14.5 and 14.6: everything after a MESSAGE-INTEGRITY is ignored, except another one and FINGERPRINT. */
function credible({ attributes }: Message): readonly Attribute[] {
  const end = attributes.findIndex(({ type }) => type === MESSAGE_INTEGRITY || type === MESSAGE_INTEGRITY_SHA256);
  return end === -1 ? attributes : attributes.slice(0, end);
}

function first(attributes: readonly Attribute[], type: number): Attribute | undefined {
  return attributes.find((attribute) => attribute.type === type);
}

function failed(offset: number, problem: string, attribute?: number): BindingResponse {
  return { kind: "failed", error: { offset, problem, ...(attribute === undefined ? {} : { attribute }) } };
}
