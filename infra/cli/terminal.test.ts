import { afterEach, expect, it, vi } from "vitest";
import { runCommand, say, Stop } from "./terminal.ts";

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

it("prints nothing that a terminal obeys, whoever wrote it, and keeps lines as they are", async () => {
  const printed: string[] = [];
  const keep = (text: string | Uint8Array): boolean => printed.push(String(text)) > 0;
  vi.spyOn(process.stdout, "write").mockImplementation(keep);
  vi.spyOn(process.stderr, "write").mockImplementation(keep);
  say("── nodes: \u001b[2J\u202enode1\n  next");
  await runCommand("deploy", () => Promise.reject(new Stop(2, "✗ one\n✗ two\u009b31m")));
  await runCommand("deploy", () => Promise.reject(new Error("kubectl: \u0007bell")));
  expect(printed).toEqual(["── nodes:  [2J node1\n  next\n", "✗ one\n✗ two 31m\n", "deploy: kubectl:  bell\n"]);
});
