import { describe, expect, it } from "vitest";
import { tokenState } from "./token.ts";

const now = Date.parse("2026-03-01T12:00:00Z");

describe("the days that Gandi's token has left", () => {
  it.each([
    ["2026-05-01", "good", 60, "60 days left."],
    ["2026-03-31", "warn", 29, "29 days left."],
    ["2026-03-03", "bad", 1, "1 day left."],
    ["2026-03-02", "bad", 0, "The token ends today."],
    ["2026-03-01", "bad", -1, "The token has expired."],
    [undefined, "plain", undefined, "Nobody has said when the token ends."],
  ])("%s", (expires, tone, days, text) => {
    expect(tokenState(expires, now)).toEqual({ tone, days, text });
  });
});
