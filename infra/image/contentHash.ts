import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";

/** Tests, and files that only they use. */
const TEST_ONLY = /\.test\.ts$|\/testing\w*\.ts$/;

/**
 * Returns one hash of files and folders, given relative to `root`. It covers only their names there and their content,
 * so every checkout of the same tree has the same hash. Tests do not count, because the image does not contain them.
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
