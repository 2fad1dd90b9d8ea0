import type { Attribute, Decoded } from "./message.ts";
import { MAGIC_COOKIE, malformed } from "./message.ts";

/** Attribute types of RFC 8489 section 18.3 that this client reads. */
export const MAPPED_ADDRESS = 0x0001;
export const MESSAGE_INTEGRITY = 0x0008;
export const ERROR_CODE = 0x0009;
export const UNKNOWN_ATTRIBUTES = 0x000a;
export const MESSAGE_INTEGRITY_SHA256 = 0x001c;
export const XOR_MAPPED_ADDRESS = 0x0020;

/**
 * Comprehension-required attributes (below 0x8000) that may be in an answer without failing it: those of RFC 8489, and
 * those that RFC 3489 servers add to their Binding responses (RFC 8489 section 18.3.1 keeps them reserved).
 */
const COMPREHENDED: ReadonlySet<number> = new Set([
  MAPPED_ADDRESS,
  0x0006, // USERNAME
  MESSAGE_INTEGRITY,
  ERROR_CODE,
  UNKNOWN_ATTRIBUTES,
  0x0014, // REALM
  0x0015, // NONCE
  MESSAGE_INTEGRITY_SHA256,
  0x001d, // PASSWORD-ALGORITHM
  0x001e, // USERHASH
  XOR_MAPPED_ADDRESS,
  0x0002, // RESPONSE-ADDRESS, RFC 3489
  0x0003, // CHANGE-REQUEST, RFC 3489
  0x0004, // SOURCE-ADDRESS, RFC 3489
  0x0005, // CHANGED-ADDRESS, RFC 3489
  0x0007, // PASSWORD, RFC 3489
  0x000b, // REFLECTED-FROM, RFC 3489
]);

/** Reports whether an attribute must be understood, and is not (section 6.3.3). */
export function isUnknownRequired(type: number): boolean {
  return type < 0x8000 && !COMPREHENDED.has(type);
}

export interface TransportAddress {
  readonly family: "IPv4" | "IPv6";
  /** IPv4 dotted. IPv6 as in RFC 5952, always in hexadecimal groups. */
  readonly address: string;
  readonly port: number;
}

/** MAPPED-ADDRESS, section 14.1. */
export function decodeMappedAddress(attribute: Attribute): Decoded<TransportAddress> {
  return decodeAddress(attribute, new Uint8Array(18));
}

/** XOR-MAPPED-ADDRESS, section 14.2. */
export function decodeXorMappedAddress(attribute: Attribute, transactionId: Uint8Array): Decoded<TransportAddress> {
  return decodeAddress(attribute, xorMask(transactionId));
}

/** Returns the value of a MAPPED-ADDRESS, or with the transaction's id that of an XOR-MAPPED-ADDRESS. */
export function encodeAddress(ip: Uint8Array, port: number, transactionId?: Uint8Array): Uint8Array {
  const mask = transactionId === undefined ? new Uint8Array(18) : xorMask(transactionId);
  const plain = Uint8Array.of(port >> 8, port & 0xff, ...ip);
  return Uint8Array.of(0, ip.length === 4 ? 1 : 2, ...applyMask(plain, mask));
}

export interface ErrorCode {
  /** 300 to 699. */
  readonly code: number;
  /** Without control characters, at most 127 characters. */
  readonly reason: string;
}

/** ERROR-CODE, section 14.8. */
export function decodeErrorCode({ value, type, offset }: Attribute): Decoded<ErrorCode> {
  if (value.length < 4) return malformed(offset + 2, `ERROR-CODE of ${value.length} bytes`, type);
  const hundreds = (value[2] ?? 0) & 0b111;
  const rest = value[3] ?? 0;
  if (hundreds < 3 || hundreds > 6 || rest > 99) {
    return malformed(offset + 6, `ERROR-CODE of class ${hundreds}, number ${rest}`, type);
  }
  const text = new TextDecoder().decode(value.subarray(4)).replace(/\p{C}/gu, "");
  return { ok: true, value: { code: hundreds * 100 + rest, reason: Array.from(text).slice(0, 127).join("") } };
}

/** UNKNOWN-ATTRIBUTES, section 14.9: the types that the server did not understand. */
export function decodeUnknownAttributes({ value, type, offset }: Attribute): Decoded<number[]> {
  if (value.length % 2 !== 0) return malformed(offset + 2, `UNKNOWN-ATTRIBUTES of ${value.length} bytes`, type);
  const types = Array.from(
    { length: value.length / 2 },
    (_, i) => ((value[2 * i] ?? 0) << 8) | (value[2 * i + 1] ?? 0),
  );
  return { ok: true, value: types };
}

const ADDRESS_BYTES: Readonly<Record<number, number>> = { 1: 4, 2: 16 };

function decodeAddress({ value, type, offset }: Attribute, mask: Uint8Array): Decoded<TransportAddress> {
  // Section 14.1: the first byte is ignored.
  const family = value[1];
  const size = family === undefined ? undefined : ADDRESS_BYTES[family];
  if (size === undefined) return malformed(offset + 5, `address family ${family ?? "missing"}`, type);
  if (value.length !== 4 + size) {
    return malformed(offset + 2, `${value.length} bytes for an address of ${size} bytes`, type);
  }
  const plain = applyMask(value.subarray(2), mask);
  const port = ((plain[0] ?? 0) << 8) | (plain[1] ?? 0);
  const ip = plain.subarray(2);
  return {
    ok: true,
    value:
      size === 4 ? { family: "IPv4", address: ip.join("."), port } : { family: "IPv6", address: formatIpv6(ip), port },
  };
}

/** Port: the cookie's upper half. Address: the cookie, for IPv6 followed by the transaction id (section 14.2). */
function xorMask(transactionId: Uint8Array): Uint8Array {
  const mask = new Uint8Array(18);
  const view = new DataView(mask.buffer);
  view.setUint16(0, MAGIC_COOKIE >>> 16);
  view.setUint32(2, MAGIC_COOKIE);
  mask.set(transactionId, 6);
  return mask;
}

function applyMask(bytes: Uint8Array, mask: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => byte ^ (mask[i] ?? 0));
}

/** RFC 5952 section 4: lower case, no leading zeros, the longest run of two or more zero groups (the first) as `::`. */
function formatIpv6(ip: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (((ip[2 * i] ?? 0) << 8) | (ip[2 * i + 1] ?? 0)).toString(16));
  let run = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (groups[end] === "0") end++;
    if (end - start > run.length) run = { start, length: end - start };
  }
  if (run.length < 2) return groups.join(":");
  return `${groups.slice(0, run.start).join(":")}::${groups.slice(run.start + run.length).join(":")}`;
}
