/** The MAP messages of the Port Control Protocol, version 2 (RFC 6887 sections 7 and 11). Pure. */
import { isIPv4 } from "node:net";

const VERSION = 2;
const MAP = 1;
const RESPONSE_BIT = 0x80;
const HEADER_BYTES = 24;
const MAP_BYTES = 36;
export const NONCE_BYTES = 12;
/** Section 7: the longest message. */
const MAX_BYTES = 1100;
/** IANA's number of the mapped protocol. */
const UDP = 17;

/** Section 7.4, in words, for the codes that a person can act on. */
const RESULT_CODES = new Map([
  [1, "unsupported version"],
  [2, "not authorised: the router lets this node open no port"],
  [3, "malformed request"],
  [4, "unsupported opcode"],
  [7, "network failure: the router has no address outside at present"],
  [8, "no resources"],
  [9, "unsupported protocol"],
  [10, "user exceeded quota"],
  [12, "address mismatch: the request was translated on its way to the router"],
]);

export interface MapRequest {
  readonly nonce: Uint8Array;
  /** IPv4: the address from which the request is sent, as the router will compare it. */
  readonly client: string;
  /** UDP port of the client. */
  readonly port: number;
  /** 0 deletes the mapping. */
  readonly lifetimeSeconds: number;
}

/** A datagram is an answer to this request, or none (`junk`), which is ignored. */
export type PcpAnswer =
  | { readonly kind: "mapped"; readonly external: string }
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "junk" };

/** Suggests no external port or address: any will do. */
export function encodeMapRequest({ nonce, client, port, lifetimeSeconds }: MapRequest): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES + MAP_BYTES);
  bytes.set([VERSION, MAP]);
  bytes.writeUInt32BE(lifetimeSeconds, 4);
  bytes.set(mapped(client), 8);
  bytes.set(nonce, HEADER_BYTES);
  bytes.writeUInt8(UDP, HEADER_BYTES + 12);
  bytes.writeUInt16BE(port, HEADER_BYTES + 16);
  bytes.set(mapped("0.0.0.0"), HEADER_BYTES + 20);
  return bytes;
}

/** Reads a datagram from the router's port as the answer to this request (sections 8.3 and 11.4). Never throws. */
export function readMapAnswer(bytes: Uint8Array, { nonce, port }: Pick<MapRequest, "nonce" | "port">): PcpAnswer {
  const { length } = bytes;
  if (length < HEADER_BYTES || length > MAX_BYTES || length % 4 !== 0) return JUNK;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, length);
  // A server of another version says so in its own version, and without anything after the header.
  const code = view.readUInt8(3);
  if (view.readUInt8(1) !== (RESPONSE_BIT | MAP)) return JUNK;
  if (view.readUInt8(0) !== VERSION) return code === 0 ? JUNK : refused(code);
  if (length < HEADER_BYTES + MAP_BYTES) return code === 0 ? JUNK : refused(code);
  const isMine =
    Buffer.compare(view.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES), nonce) === 0 &&
    view.readUInt8(HEADER_BYTES + 12) === UDP &&
    view.readUInt16BE(HEADER_BYTES + 16) === port;
  if (!isMine) return JUNK;
  if (code !== 0) return refused(code);
  const external = view.subarray(HEADER_BYTES + 20, HEADER_BYTES + MAP_BYTES);
  if (Buffer.compare(external.subarray(0, 12), mapped("0.0.0.0").subarray(0, 12)) !== 0) return JUNK;
  return { kind: "mapped", external: external.subarray(12).join(".") };
}

const JUNK: PcpAnswer = { kind: "junk" };

function refused(code: number): PcpAnswer {
  return { kind: "refused", detail: `PCP result ${code}: ${RESULT_CODES.get(code) ?? "see RFC 6887 section 7.4"}` };
}

/** Section 5: IPv4 addresses are written as IPv4-mapped IPv6 addresses. */
function mapped(ipv4: string): Uint8Array {
  if (!isIPv4(ipv4)) throw new TypeError(`not an IPv4 address: ${ipv4}`);
  return Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...ipv4.split(".").map(Number)]);
}
