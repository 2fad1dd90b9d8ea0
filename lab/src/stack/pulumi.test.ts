import { expect, test } from "vitest";
import { stackOf } from "./pulumi.ts";

test.each([
  [["up"], "development"],
  [["up", "--stack", "production", "--yes"], "production"],
  [["preview", "-s", "production"], "production"],
  [["preview", "--stack=production"], "production"],
])("%j is about the stack %s", (args, stack) => {
  expect(stackOf(args)).toBe(stack);
});
