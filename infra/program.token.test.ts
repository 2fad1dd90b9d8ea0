import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { CONFIG, runProgram } from "./testing/program.ts";

it("does not start without a token", async () => {
  const failed = await runProgram({ ...CONFIG, gandiToken: "" }).catch((error: unknown) => error);
  expect(pulumi.RunError.isInstance(failed)).toBe(true);
  expect((failed as Error).message).toContain("pulumi config set --secret gandiToken");
});
