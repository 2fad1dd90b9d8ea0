import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitLines } from "./lines.ts";

async function* chunked(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    // A read that fills the same buffer again must not change the text that is kept of it.
    yield await Promise.resolve(bytes.slice(from, cut));
    from = cut;
  }
}

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const result: string[] = [];
  for await (const line of lines) result.push(line);
  return result;
}

describe("splitLines", () => {
  it("gives the same lines wherever the chunks are cut, within a character too", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: "grapheme", minLength: 1 }).filter((s) => !s.includes("\n"))),
        fc.array(fc.nat()),
        async (lines, cuts) => {
          const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
          expect(await all(splitLines(chunked(bytes, cuts), 1_000_000))).toEqual(lines);
        },
      ),
    );
  });

  it("drops the torn end of a stream and empty lines", async () => {
    const bytes = new TextEncoder().encode('{"a":1}\n\n{"b":2}\n{"c":');
    expect(await all(splitLines(chunked(bytes, [3]), 100))).toEqual(['{"a":1}', '{"b":2}']);
  });

  it("refuses a line that is longer than the limit, before it has ended", async () => {
    const bytes = new TextEncoder().encode("short\n" + "x".repeat(50));
    await expect(all(splitLines(chunked(bytes, [10, 20, 30]), 20))).rejects.toMatchObject({
      code: "ESDDNS_LINE_TOO_LONG",
    });
    expect(await all(splitLines(chunked(new TextEncoder().encode("x".repeat(20) + "\n"), []), 20))).toHaveLength(1);
  });
});
