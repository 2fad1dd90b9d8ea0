import { crc32 } from "node:zlib";

/** RFC 8489 section 5. */
export const MAGIC_COOKIE = 0x2112a442;
export const HEADER_BYTES = 20;
export const TRANSACTION_ID_BYTES = 12;
/** The one method of RFC 8489 (section 18.2). */
export const METHOD_BINDING = 0x001;
/** Section 14.7: CRC-32 of the message up to here, so that STUN can be told from other protocols. */
export const FINGERPRINT = 0x8028;
const FINGERPRINT_XOR = 0x5354554e;

export type MessageClass = "request" | "indication" | "success" | "error";
const CLASSES: readonly MessageClass[] = ["request", "indication", "success", "error"];

export interface Attribute {
  readonly type: number;
  /** Without padding. A view into the message from which it was decoded. */
  readonly value: Uint8Array;
  /** The place of its type field, in bytes from the start of the message. */
  readonly offset: number;
}

export interface Message {
  readonly class: MessageClass;
  readonly method: number;
  readonly transactionId: Uint8Array;
  /** In the order of the message. Section 14: if a type occurs twice, the first one counts. */
  readonly attributes: readonly Attribute[];
}

/** What is wrong with a message, and where. */
export interface Malformed {
  /** In bytes from the start of the message. */
  readonly offset: number;
  /** The attribute's type, if the problem is inside one. */
  readonly attribute?: number;
  readonly problem: string;
}

export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Malformed };

export function malformed(offset: number, problem: string, attribute?: number): { ok: false; error: Malformed } {
  return { ok: false, error: { offset, problem, ...(attribute === undefined ? {} : { attribute }) } };
}

/**
 * Decodes one whole message: header, attribute framing and FINGERPRINT, if present (RFC 8489 sections 5, 6.3 and 14).
 * attributes.ts decodes the values of the attributes. Never throws, and looks at each byte at most twice.
 */
export function decodeMessage(bytes: Uint8Array): Decoded<Message> {
  if (bytes.length < HEADER_BYTES) return malformed(bytes.length, `shorter than the header of ${HEADER_BYTES} bytes`);
  const view = viewOf(bytes);
  const type = view.getUint16(0);
  if (type > 0x3fff) return malformed(0, "the first two bits are not zero");
  const length = view.getUint16(2);
  if (length % 4 !== 0) return malformed(2, `length ${length} is not a multiple of 4`);
  if (HEADER_BYTES + length !== bytes.length) {
    return malformed(2, `length ${length} does not fit a message of ${bytes.length} bytes`);
  }
  if (view.getUint32(4) !== MAGIC_COOKIE) return malformed(4, "no magic cookie");
  const attributes = decodeAttributes(bytes, view);
  if (!attributes.ok) return attributes;
  const transactionId = bytes.subarray(8, HEADER_BYTES);
  return {
    ok: true,
    value: { class: classOf(type), method: methodOf(type), transactionId, attributes: attributes.value },
  };
}

/**
 * Encodes a message. With `fingerprint`, FINGERPRINT is appended (section 14.7).
 *
 * @throws RangeError if the transaction id does not have 12 bytes or the attributes do not fit the 16-bit length
 */
export function encodeMessage(
  message: {
    class: MessageClass;
    method: number;
    transactionId: Uint8Array;
    attributes: readonly Pick<Attribute, "type" | "value">[];
  },
  options: { fingerprint?: boolean } = {},
): Uint8Array {
  const fingerprintBytes = options.fingerprint === true ? 8 : 0;
  const body = message.attributes.reduce((sum, { value }) => sum + 4 + padded(value.length), 0) + fingerprintBytes;
  if (message.transactionId.length !== TRANSACTION_ID_BYTES) throw new RangeError("a transaction id has 12 bytes");
  if (body > 0xffff) throw new RangeError("the attributes do not fit one STUN message");
  const bytes = new Uint8Array(HEADER_BYTES + body);
  const view = viewOf(bytes);
  view.setUint16(0, typeOf(message.class, message.method));
  view.setUint16(2, body);
  view.setUint32(4, MAGIC_COOKIE);
  bytes.set(message.transactionId, 8);
  let offset = HEADER_BYTES;
  for (const { type, value } of message.attributes) {
    view.setUint16(offset, type);
    view.setUint16(offset + 2, value.length);
    bytes.set(value, offset + 4);
    offset += 4 + padded(value.length);
  }
  if (fingerprintBytes > 0) {
    view.setUint16(offset, FINGERPRINT);
    view.setUint16(offset + 2, 4);
    view.setUint32(offset + 4, fingerprintOf(bytes, offset));
  }
  return bytes;
}

function decodeAttributes(bytes: Uint8Array, view: DataView): Decoded<Attribute[]> {
  const attributes: Attribute[] = [];
  // The length is a multiple of 4 and so is every step, so an attribute's header never crosses the end.
  for (let offset = HEADER_BYTES; offset < bytes.length;) {
    const type = view.getUint16(offset);
    const length = view.getUint16(offset + 2);
    const end = offset + 4 + padded(length);
    if (end > bytes.length) return malformed(offset + 2, `length ${length} reaches beyond the message`, type);
    if (attributes.at(-1)?.type === FINGERPRINT) return malformed(offset, "stands after FINGERPRINT", type);
    if (type === FINGERPRINT && (length !== 4 || view.getUint32(offset + 4) !== fingerprintOf(bytes, offset))) {
      return malformed(offset, "FINGERPRINT does not fit the message", type);
    }
    attributes.push({ type, value: bytes.subarray(offset + 4, offset + 4 + length), offset });
    offset = end;
  }
  return { ok: true, value: attributes };
}

/** @param end where the attribute FINGERPRINT itself starts */
function fingerprintOf(bytes: Uint8Array, end: number): number {
  return (crc32(bytes.subarray(0, end)) ^ FINGERPRINT_XOR) >>> 0;
}

// Section 5, figure 3: the two bits of the class, C1 and C0, are among those of the method: M11-M7 C1 M6-M4 C0 M3-M0.
function classOf(type: number): MessageClass {
  return CLASSES[((type >> 7) & 0b10) | ((type >> 4) & 0b01)] as MessageClass;
}

function methodOf(type: number): number {
  return ((type >> 2) & 0xf80) | ((type >> 1) & 0x070) | (type & 0x00f);
}

function typeOf(messageClass: MessageClass, method: number): number {
  const c = CLASSES.indexOf(messageClass);
  return ((method & 0xf80) << 2) | ((c & 0b10) << 7) | ((method & 0x070) << 1) | ((c & 0b01) << 4) | (method & 0x00f);
}

/** Section 14: a value is padded to a multiple of 4 bytes. The padding is ignored. */
function padded(length: number): number {
  return (length + 3) & ~3;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
