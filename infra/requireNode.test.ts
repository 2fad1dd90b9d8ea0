import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectDir } from "./projectDir.ts";
import { nodeComplaint } from "./requireNode.ts";

const judge = (version: string) => nodeComplaint(version, ">=22.19", "linux x64");

it.each(["v22.18.9", "v20.20.2", "v9.30.0"])("says in one line that %s is too old", (version) => {
  expect(judge(version)).toBe(
    `Node.js 22.19 or newer is needed on linux x64, and this machine has ${version}. Install it: https://nodejs.org`,
  );
});

it.each(["v22.19.0", "v22.20.1", "v24.0.0", "v100.0.0-nightly"])("takes %s", (version) => {
  expect(judge(version)).toBeUndefined();
});

it("is what the program looks at before all else: other modules do not load there", () => {
  const [first] = readFileSync(join(projectDir, "infra/index.ts"), "utf8").match(/^import .*$/m) ?? [];
  expect(first).toBe('import "./requireNode.ts";');
});
