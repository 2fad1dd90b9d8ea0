import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { collect } from "./process.ts";

it("collects what a program prints, with its status, and gives it its input", async () => {
  const script = "cat; echo trouble >&2; exit 3";
  expect(await collect(["sh", "-c", script], { input: "secret" })).toEqual({
    status: 3,
    stdout: "secret",
    stderr: "trouble\n",
  });
});

it("ends one that takes too long", async () => {
  const { status, stderr } = await collect(["sleep", "60"], { timeoutMs: 50 });
  expect(status).toBe(124);
  expect(stderr).toContain("sleep took longer than 0.05 s");
});

it("says which program is missing, and does not keep a command from ending then", async () => {
  const module = JSON.stringify(new URL("process.ts", import.meta.url).href);
  const script = `const { collect } = await import(${module});
    console.log(JSON.stringify(await collect(["no-such-program"], { timeoutMs: 600_000 })));`;
  const ran = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { timeout: 15_000 });
  expect(JSON.parse((await ran).stdout)).toMatchObject({
    status: 127,
    stderr: "no-such-program is not on the PATH",
  });
});
