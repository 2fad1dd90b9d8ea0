import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { lookAtBackend } from "./environment.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "esddns-pulumi-"));
  vi.stubEnv("PATH", [dir, process.env["PATH"]].join(delimiter));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

/** Installs a Pulumi CLI that is logged in, and answers `stack ls` with a shell command. `first` runs before all. */
async function cli(list: string, first = ""): Promise<void> {
  const file = join(dir, "pulumi");
  await writeFile(
    file,
    `#!/bin/sh\n${first}\n[ "$1" = whoami ] && { echo '{"url":"file://${dir}"}'; exit; }\n${list}\n`,
  );
  await chmod(file, 0o755);
}

it("knows the stacks of a backend", async () => {
  await cli(`echo '[{"name":"production"}]'`);
  expect(await lookAtBackend({}, "production")).toMatchObject({ loggedIn: true, stacks: ["production"], files: [] });
});

it("never takes stacks that it could not list for missing: the deploy would make them again, over their state", async () => {
  await cli("echo 'error: EOF' >&2; exit 1");
  await expect(lookAtBackend({}, "production")).rejects.toThrow("pulumi stack ls: error: EOF");
});

it("mends what the very first command left when it was killed, before it asks who is logged in", async () => {
  const meta = join(dir, ".pulumi/meta.yaml");
  await mkdir(join(dir, ".pulumi"));
  await writeFile(meta, "version: 1\n");
  await writeFile(`${meta}.attrs`, "");
  await cli(`echo '[]'`, `[ -e '${meta}.attrs' ] && { echo EOF >&2; exit 1; }`);
  const env = { PULUMI_BACKEND_URL: `file://${dir}` };
  expect(await lookAtBackend(env, "production")).toMatchObject({ loggedIn: true, files: [{ level: "warning" }] });
  expect((await readdir(join(dir, ".pulumi"))).sort()).toEqual(["meta.yaml", "meta.yaml.attrs.damaged"]);
});

it("mends what a killed command left, before the stacks are listed", async () => {
  const stacks = join(dir, ".pulumi/stacks/esddns");
  await mkdir(stacks, { recursive: true });
  await writeFile(join(stacks, "production.json"), "{}");
  await writeFile(join(stacks, "production.json.attrs"), "");
  await cli(
    `[ -s '${stacks}/production.json.attrs' ] || [ ! -e '${stacks}/production.json.attrs' ] || exit 1\necho '[{"name":"production"}]'`,
  );
  expect(await lookAtBackend({}, "production")).toMatchObject({
    stacks: ["production"],
    files: [{ level: "warning" }],
  });
  expect(await readdir(stacks)).toEqual(["production.json", "production.json.attrs.damaged"]);
});
