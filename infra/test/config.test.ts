import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { CONFIG, runProgram } from "./testing.ts";

async function failure(config: Record<string, unknown>): Promise<unknown> {
  return runProgram({ ...CONFIG, ...config }).catch((error: unknown) => error);
}

it("makes nothing of a config with mistakes, and names them all without a stack trace", async () => {
  const failed = await failure({ pools: "nonsense", records: [{ zone: "x", name: "y" }] });
  // Pulumi prints the message of a RunError alone.
  expect(pulumi.RunError.isInstance(failed)).toBe(true);
  expect((failed as Error).message.split("\n")).toEqual([
    "The stack config has 2 problems:",
    expect.stringContaining("  - esddns:pools: "),
    expect.stringContaining("  - esddns:records[0].zone: "),
  ]);
});

it("does not start without a token", async () => {
  const failed = await failure({ gandiToken: "" });
  expect(pulumi.RunError.isInstance(failed)).toBe(true);
  expect((failed as Error).message).toContain("pulumi config set --secret gandiToken");
});
