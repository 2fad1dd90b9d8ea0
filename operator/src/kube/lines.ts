import { EsddnsError } from "../runtime/errors.ts";

const NEWLINE = 0x0a;

/**
 * Yields the lines of a stream of UTF-8 text without their ends. Empty lines are skipped. Chunks may end anywhere, even
 * within a character. A line longer than `maxBytes` is an error (ESDDNS_LINE_TOO_LONG), so that memory stays bounded.
 * Nothing else is an error: text after the last newline is the end of a cut stream and is dropped.
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      const part = chunk.subarray(start, end === -1 ? undefined : end);
      pendingBytes += part.length;
      if (pendingBytes > maxBytes) {
        throw new EsddnsError("ESDDNS_LINE_TOO_LONG", `a line of the stream is longer than ${maxBytes} bytes`, {
          retryable: true,
        });
      }
      if (part.length > 0) pending.push(part);
      if (end === -1) break;
      if (pendingBytes > 0) yield decoder.decode(pending.length === 1 ? pending[0] : Buffer.concat(pending));
      pending = [];
      pendingBytes = 0;
      start = end + 1;
    }
  }
}
