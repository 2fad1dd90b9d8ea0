import { expect, test } from "vitest";
import { correctionAllowedInMs, recentCorrections } from "./drift.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const ago = (minutes: number): string => new Date(now - minutes * 60_000).toISOString();

test("a correction counts for an hour", () => {
  expect(recentCorrections([ago(61), ago(60), ago(59), ago(0)], now)).toEqual([ago(59), ago(0)]);
  expect(recentCorrections(undefined, now)).toEqual([]);
});

test("one that a clock ahead has dated counts a while longer, but not until that clock's day comes", () => {
  expect(recentCorrections([ago(-59)], now)).toEqual([ago(-59)]);
  expect(recentCorrections([ago(-60), ago(-60 * 24 * 365)], now)).toEqual([]);
});

test("below the limit a change is undone at once, at the limit when the oldest that counts has left the hour", () => {
  expect(correctionAllowedInMs([ago(50), ago(10)], 3, now)).toBe(0);
  expect(correctionAllowedInMs([ago(50), ago(20), ago(10)], 3, now)).toBe(10 * 60_000);
  expect(correctionAllowedInMs([ago(50), ago(20), ago(10)], 2, now)).toBe(40 * 60_000);
});

test("with a limit of 0 nothing is ever undone", () => {
  expect(correctionAllowedInMs([], 0, now)).toBeUndefined();
  expect(correctionAllowedInMs([ago(1)], 0, now)).toBeUndefined();
});
