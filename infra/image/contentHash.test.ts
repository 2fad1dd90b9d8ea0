import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { contentHash } from "./contentHash.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "esddns-hash-"));
  mkdirSync(join(root, "src/deep"), { recursive: true });
  writeFileSync(join(root, "src/a.ts"), "a");
  writeFileSync(join(root, "src/deep/b.ts"), "b");
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

it("is the same for the same tree in another place", () => {
  const before = contentHash(root, ["src"]);
  renameSync(root, `${root}-moved`);
  root = `${root}-moved`;
  expect(contentHash(root, ["src"])).toBe(before);
});

it("changes with content and names, and not with tests", () => {
  const before = contentHash(root, ["src"]);
  writeFileSync(join(root, "src/a.test.ts"), "test");
  expect(contentHash(root, ["src"])).toBe(before);
  writeFileSync(join(root, "src/a.ts"), "changed");
  const changed = contentHash(root, ["src"]);
  expect(changed).not.toBe(before);
  renameSync(join(root, "src/a.ts"), join(root, "src/c.ts"));
  expect(contentHash(root, ["src"])).not.toBe(changed);
});
