import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { LabError } from "../errors.ts";
import { failureReport, seconds } from "./steps.ts";

describe("a failure report", () => {
  const dir = mkdtempSync(join(tmpdir(), "esddns-steps-"));
  const log = join(dir, "etcd.log");
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });
  writeFileSync(log, "starting\nno space left on device\n");

  it("names what failed, the end of the log, the log and what to look at", () => {
    const error = new LabError("etcd ended by itself", { log, hint: "npm run lab -- logs etcd" });
    const report = failureReport(error, "/nowhere");
    expect(report).toContain("etcd ended by itself");
    expect(report).toContain("no space left on device");
    expect(report).toContain(`Log: ${log}`);
    expect(report).toContain("Look at: npm run lab -- logs etcd");
    expect(report).not.toContain("at ");
  });

  it("shows the stack of what nobody expected, and the step's own log", () => {
    const report = failureReport(new TypeError("x is not a function"), log);
    expect(report).toMatch(/TypeError: x is not a function\n +at /);
    expect(report).toContain(`Log: ${log}`);
  });
});

it.each([
  [40, "0.0 s"],
  [12_340, "12.3 s"],
  [59_999, "60.0 s"],
  [119_700, "2 min 0 s"],
])("%d ms are %s", (ms, text) => {
  expect(seconds(ms)).toBe(text);
});
