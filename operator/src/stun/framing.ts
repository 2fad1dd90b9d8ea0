import type { Decoded } from "./message.ts";
import { HEADER_BYTES, MAGIC_COOKIE, malformed } from "./message.ts";

/** Far more than any answer to a Binding request needs; what announces more is not read. */
const MAX_MESSAGE_BYTES = 4096;

/**
 * Cuts a byte stream into STUN messages by their length fields (RFC 8489 section 6.2.2), however it is split or glued.
 * Holds at most one unfinished message. A stream that does not go on with a STUN header cannot be trusted any more:
 * nobody knows where the next message starts.
 */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Returns the messages that the chunk completes, each as its bytes. */
  push(chunk: Uint8Array): Decoded<Uint8Array[]> {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const messages: Uint8Array[] = [];
    let offset = 0;
    while (bytes.length - offset >= HEADER_BYTES) {
      const size = HEADER_BYTES + bytes.readUInt16BE(offset + 2);
      if (bytes.readUInt16BE(offset) > 0x3fff || bytes.readUInt32BE(offset + 4) !== MAGIC_COOKIE || size % 4 !== 0) {
        return malformed(offset, "the stream does not go on with a STUN header");
      }
      if (size > MAX_MESSAGE_BYTES) return malformed(offset + 2, `a message of ${size} bytes is not accepted`);
      if (bytes.length - offset < size) break;
      messages.push(bytes.subarray(offset, offset + size));
      offset += size;
    }
    this.#rest = bytes.subarray(offset);
    return { ok: true, value: messages };
  }
}
