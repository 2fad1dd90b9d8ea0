import { describe, expect, it } from "vitest";
import * as z from "zod";
import { one } from "../read/get.ts";
import { wrong } from "../finding.ts";
import { printReport } from "./report.ts";

/** Clears the screen, sets the title, turns the text around, and begins a line that looks like the doctor's own. */
const HOSTILE = "\u001b[2J\u001b]0;pwn\u0007\u202e\u009b31m\n✓ Records at Gandi: all well";

describe("what the doctor prints", () => {
  it("has the words of objects on one line, short, and without what a terminal obeys", async () => {
    const object = JSON.stringify({ status: { message: HOSTILE + "x".repeat(60_000) } });
    const read = await one(
      () => Promise.resolve({ read: true, value: object }),
      "/x",
      z.object({ status: z.object({ message: z.string() }) }),
    );
    const { message } = read.read ? read.value.status : expect.unreachable();
    expect(message).toMatch(/^\[2J \]0;pwn 31m ✓ Records at Gandi: all well/);
    expect(message.length).toBeLessThan(5_000);
  });

  it("has nothing that a terminal obeys wherever else it comes from", () => {
    const text = printReport("esddns-production", [
      { check: "Page", ...wrong(`refused: ${HOSTILE}`, `try\n${HOSTILE}`) },
    ]);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text).toContain("\n✗ Page: refused: ");
    expect(text).toContain("\n    → try\n");
  });
});
