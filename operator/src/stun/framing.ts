import type { Decoded, Malformed } from "./message.ts";
import { HEADER_BYTES, MAGIC_COOKIE, malformed } from "./message.ts";

/** Far more than any answer to a Binding request needs. A message that announces more is not read. */
const MAX_MESSAGE_BYTES = 4096;

/**
 * Cuts a byte stream into STUN messages by their length fields (RFC 8489 section 6.2.2), however the stream is split or
 * joined. Holds at most one unfinished message. A stream that does not continue with a STUN header cannot be used any
 * more: the start of the next message is unknown.
 */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);

  /**
   * Returns the messages that the chunk completes, each as its bytes, and the error that ends the stream, if any.
   * Messages before the error are valid, as if they had come in an earlier chunk.
   */
  push(chunk: Uint8Array): { messages: Uint8Array[]; error: Malformed | undefined } {
    const messages: Uint8Array[] = [];
    let rest = Buffer.concat([this.#rest, chunk]);
    let error: Malformed | undefined;
    while (rest.length >= HEADER_BYTES) {
      const size = sizeOf(rest);
      if (!size.ok) error = size.error;
      if (!size.ok || rest.length < size.value) break;
      messages.push(rest.subarray(0, size.value));
      rest = rest.subarray(size.value);
    }
    this.#rest = rest;
    return { messages, error };
  }
}

/** Returns the size of the message that starts here, in bytes, including its header. */
function sizeOf(bytes: Buffer): Decoded<number> {
  const size = HEADER_BYTES + bytes.readUInt16BE(2);
  if (bytes.readUInt16BE(0) > 0x3fff || bytes.readUInt32BE(4) !== MAGIC_COOKIE || size % 4 !== 0) {
    return malformed(0, "the stream does not go on with a STUN header");
  }
  if (size > MAX_MESSAGE_BYTES) return malformed(2, `a message of ${size} bytes is not accepted`);
  return { ok: true, value: size };
}
