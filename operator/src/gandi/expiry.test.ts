import { expect, test } from "vitest";
import { expiryNotice, tokenDaysLeft } from "./expiry.ts";

const noon = (day: string): number => Date.parse(`${day}T12:00:00Z`);

test("days are whole ones, counted to the beginning of the day in UTC, and negative afterwards", () => {
  expect(tokenDaysLeft("2027-05-01", noon("2027-04-01"))).toBe(29);
  expect(tokenDaysLeft("2027-05-01", noon("2027-04-30"))).toBe(0);
  expect(tokenDaysLeft("2027-05-01", noon("2027-05-01"))).toBe(-1);
});

test("people are told at 30, 7 and 1 days and after the end, each time in one and the same text", () => {
  const notices = Array.from({ length: 40 }, (_, i) => expiryNotice("2027-05-01", 36 - i));
  const changes = notices.flatMap((notice, i) => (i === 0 || notice !== notices[i - 1] ? [[36 - i, notice]] : []));
  expect(changes).toEqual([
    [36, undefined],
    [30, expect.stringContaining("within 30 days, on 2027-05-01")],
    [7, expect.stringContaining("within 7 days")],
    [1, expect.stringContaining("within a day")],
    [-1, expect.stringContaining("has expired")],
  ]);
  expect(changes[1]?.[1]).toContain("create a Personal Access Token");
});
