/** What the programs that a deploy starts get to know of Gandi's token. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const TOKEN = "t0ken-that-nothing-else-may-see-0123456789";

it("is in the environment of none of them", async () => {
  const dir = await mkdtemp(join(tmpdir(), "esddns-deploy-"));
  const seen = join(dir, "seen");
  const program = `#!/bin/sh\n{ echo "$0"; /usr/bin/env; } >> ${seen}\nexit 1\n`;
  for (const name of ["pulumi", "kubectl"]) await writeFile(join(dir, name), program, { mode: 0o755 });
  await new Promise((resolve) => {
    const env = { PATH: dir, HOME: dir, GANDI_API_KEY: TOKEN };
    execFile(process.execPath, [join(import.meta.dirname, "main.ts"), "production"], { env }, resolve);
  });
  const environments = await readFile(seen, "utf8");
  expect(environments).toContain("/pulumi\n");
  expect(environments).toContain("/kubectl\n");
  expect(environments).not.toContain(TOKEN);
  await rm(dir, { recursive: true });
});
