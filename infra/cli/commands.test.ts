/** What `npm run deploy` and `npm run destroy` do before they begin, with programs in the place of Pulumi and kubectl. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const TOKEN = "t0ken-that-nothing-else-may-see-0123456789";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "esddns-commands-"));
});
afterEach(() => rm(dir, { recursive: true }));

function program(name: string, script: string): Promise<void> {
  return writeFile(join(dir, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** Returns what the command prints. */
function run(command: "deploy" | "destroy", env: Readonly<Record<string, string>> = {}): Promise<string> {
  const args = [join(import.meta.dirname, command, "main.ts"), "production", "--yes"];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { PATH: dir, HOME: dir, ...env } }, (_, stdout, stderr) => {
      resolve(stdout + stderr);
    });
  });
}

it.each(["--help", "-production", "Production"])("rules prints none for %s, which is no namespace", async (word) => {
  const args = [join(import.meta.dirname, "rules.ts"), word];
  const printed = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      resolve(`${error?.code ?? 0} ${stdout}${stderr}`);
    });
  });
  expect(printed).toMatch(/^2 rules: say the stack's namespace/);
});

it("Gandi's token is in the environment of no program that a deploy starts", async () => {
  const seen = join(dir, "seen");
  for (const name of ["pulumi", "kubectl"]) await program(name, `{ echo "$0"; /usr/bin/env; } >> ${seen}; exit 1`);
  await run("deploy", { GANDI_API_KEY: TOKEN });
  const environments = await readFile(seen, "utf8");
  expect(environments).toContain("/pulumi\n");
  expect(environments).toContain("/kubectl\n");
  expect(environments).not.toContain(TOKEN);
});

describe.each(["deploy", "destroy"] as const)("after a command of Pulumi that was killed, %s", (command) => {
  let stacks: string;
  beforeEach(async () => {
    stacks = join(dir, ".pulumi/stacks/esddns");
    await mkdir(stacks, { recursive: true });
    await program("pulumi", `[ "$1" = whoami ] && { echo '{"url":"file://${dir}"}'; exit; }; echo '[]'`);
  });

  it("says which attributes it has moved aside", async () => {
    await writeFile(join(stacks, "production.json"), "{}");
    await writeFile(join(stacks, "production.json.attrs"), "");
    const said = await run(command);
    expect(said).toContain(`! A killed command of Pulumi left ${join(stacks, "production.json.attrs")} empty`);
    expect(await readdir(stacks)).toEqual(["production.json", "production.json.attrs.damaged"]);
  });

  it("ends at a state that is not whole, and leaves it as it is", async () => {
    await writeFile(join(stacks, "production.json"), "");
    const said = await run(command);
    expect(said).toContain(`✗ Pulumi's state ${join(stacks, "production.json")} is empty or cut off`);
    expect(said).toContain("Nothing else has been changed.");
    expect(await readdir(stacks)).toEqual(["production.json"]);
  });
});
