import { expect, it } from "vitest";
import { parseDestroy } from "./arguments.ts";

it("takes a stack, and asks unless told not to", () => {
  const request = { stack: "development", abandonRecords: false, yes: false };
  expect(parseDestroy(["development"])).toEqual({ kind: "destroy", request });
  expect(parseDestroy(["-y", "development", "--abandon-records"])).toEqual({
    kind: "destroy",
    request: { ...request, abandonRecords: true, yes: true },
  });
});

it("names every wrong word at once", () => {
  expect(parseDestroy(["a", "b", "--force", "--yes=1"])).toEqual({
    kind: "wrong",
    problems: [
      expect.stringContaining("--force: there is no such option"),
      expect.stringContaining("--yes: takes no value"),
      "b: takes one stack at a time",
    ],
  });
  expect(parseDestroy([])).toMatchObject({ kind: "wrong", problems: [expect.stringContaining("STACK: is missing")] });
});
