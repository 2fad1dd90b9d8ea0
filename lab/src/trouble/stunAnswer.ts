/** The one STUN message that a liar needs (RFC 8489): a Binding success with an XOR-MAPPED-ADDRESS of its choice. Pure. */
import { Buffer } from "node:buffer";

const HEADER = 20;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const XOR_MAPPED_ADDRESS = 0x0020;
const MAGIC_COOKIE = 0x2112a442;

/**
 * @param mapped `bytes` are the address in network order: 4 of IPv4 or 16 of IPv6
 * @returns the answer to `request`; undefined when that is no Binding request
 */
export function lyingAnswer(request: Buffer, mapped: { bytes: Buffer; port: number }): Buffer | undefined {
  if (request.length < HEADER || request.readUInt16BE(0) !== BINDING_REQUEST) return undefined;
  if (request.readUInt32BE(4) !== MAGIC_COOKIE) return undefined;
  // Section 14.2: the port is masked with the cookie's first half, the address with cookie and transaction id.
  const mask = request.subarray(4, HEADER);
  const value = Buffer.alloc(4 + mapped.bytes.length);
  value.writeUInt8(mapped.bytes.length === 4 ? 1 : 2, 1);
  value.writeUInt16BE(mapped.port ^ (MAGIC_COOKIE >>> 16), 2);
  mapped.bytes.forEach((byte, i) => value.writeUInt8(byte ^ (mask[i] ?? 0), 4 + i));

  const header = Buffer.alloc(HEADER + 4);
  header.writeUInt16BE(BINDING_SUCCESS, 0);
  header.writeUInt16BE(4 + value.length, 2);
  mask.copy(header, 4);
  header.writeUInt16BE(XOR_MAPPED_ADDRESS, HEADER);
  header.writeUInt16BE(value.length, HEADER + 2);
  return Buffer.concat([header, value]);
}
