import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { join } from "node:path";
import { expect, it } from "vitest";
import { requireMachine } from "./requirements.ts";

it("runs as root on Linux x64", () => {
  expect(() => {
    requireMachine({ platform: "linux", arch: "x64", uid: 0 });
  }).not.toThrow();
});

it.each([
  [{ platform: "darwin", arch: "arm64", uid: 501 }, /^The lab needs Linux x64 with root.*darwin arm64\.$/],
  [{ platform: "win32", arch: "x64", uid: undefined }, /^The lab needs Linux x64 with root.*win32 x64\.$/],
  [{ platform: "linux", arch: "arm64", uid: 0 }, /^The lab needs Linux x64 with root.*linux arm64\.$/],
  [{ platform: "linux", arch: "x64", uid: 1000 }, /^The lab needs root/],
])("does not run on %o, and says why in one line", (machine, why) => {
  expect(() => {
    requireMachine(machine);
  }).toThrow(why);
});

it("ends a command with that line elsewhere, and still prints its help", { timeout: 120_000 }, async () => {
  const set = (name: string, value: string) => `Object.defineProperty(process,"${name}",{value:"${value}"});`;
  const elsewhere = `data:text/javascript,${encodeURIComponent(set("platform", "darwin") + set("arch", "arm64"))}`;
  const lab = (...args: string[]) =>
    promisify(execFile)(process.execPath, ["--import", elsewhere, join(import.meta.dirname, "../main.ts"), ...args]);
  await expect(lab("status")).rejects.toMatchObject({
    code: 1,
    stdout: "",
    stderr: "The lab needs Linux x64 with root, and this machine is darwin arm64.\n",
  });
  await expect(lab("--help")).resolves.toMatchObject({ stderr: "" });
});
