import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clean, cleanValues, printable } from "./text.ts";

/** Clears the screen, sets the window's title, rings, turns the text around, colours it by a one-byte sequence. */
const HOSTILE = "\u001b[2J\u001b]0;pwn\u0007\u202e\u009b31m198.51.100.1\r\nroot#\u2066\u200b\u2028end";

describe("clean", () => {
  it("leaves what people write as it is", () => {
    const text = "Münchner Straße 5: 2001:db8::1, „ja“ 日本 👍";
    expect(clean(text)).toBe(text);
  });

  it("takes out what a terminal obeys and what turns the text around", () => {
    expect(clean(HOSTILE)).toBe("[2J ]0;pwn 31m198.51.100.1 root# end");
  });

  it("cuts what is long, and says so", () => {
    expect(clean("x".repeat(60_000))).toBe(`${"x".repeat(300)}…`);
    expect(clean(`${" ".repeat(60_000)}x`, 10)).toBe("…");
  });

  it("never gives more than it may, or anything unseen, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), fc.integer({ min: 1, max: 20 }), (units, most) => {
        const line = clean(String.fromCharCode(...units), most);
        expect(line.length).toBeLessThanOrEqual(most + 1);
        expect(line).not.toMatch(/[\p{C}\n\r\t]/u);
      }),
    );
  });
});

it("cleanValues names some of many values and counts the rest", () => {
  expect(cleanValues(["192.0.2.1", "192.0.2.2"])).toBe("192.0.2.1, 192.0.2.2");
  expect(cleanValues(Array(1000).fill("x".repeat(60_000))).length).toBeLessThan(2100);
  expect(cleanValues(Array.from({ length: 1000 }, (_, i) => `v${i}`))).toBe(
    "v0, v1, v2, v3, v4, v5, v6, v7 and 992 more",
  );
  expect(cleanValues([HOSTILE])).not.toContain("\u001b");
});

it("printable keeps lines and columns, and nothing else that is not seen", () => {
  expect(printable("one\n  → two\tthree")).toBe("one\n  → two\tthree");
  expect(printable(HOSTILE)).toBe(" [2J ]0;pwn 31m198.51.100.1 \nroot# end");
});
