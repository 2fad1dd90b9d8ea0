import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";

/** Tests and what only they use. */
const TEST_ONLY = /\.test\.ts$|\/testing\w*\.ts$/;

/**
 * One hash over files and folders, given relative to `root`: over what they are called there and what is in them, and
 * nothing else, so that every checkout of the same tree has the same one. Tests do not count: they are no part of the image.
 */
export function contentHash(root: string, paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths.flatMap((each) => filesOf(root, each)).sort()) {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

function filesOf(root: string, path: string): string[] {
  const stat = statSync(join(root, path));
  if (stat.isFile()) return TEST_ONLY.test(path) ? [] : [path];
  return stat.isDirectory()
    ? readdirSync(join(root, path)).flatMap((name) => filesOf(root, posix.join(path, name)))
    : [];
}
