import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pluginPathDirs } from "./index.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "plugins-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const all = [
  "pulumi-language-nodejs",
  "pulumi-resource-kubernetes",
  "pulumi-resource-random",
  "pulumi-resource-command",
];
const { version } = createRequire(import.meta.url)("@pulumi/kubernetes/package.json") as { version: string };
const standInDir = (name: string) => join(import.meta.dirname, name, "stand-in");

test("nothing is installed: everything is a stand-in", async () => {
  expect(await find()).toEqual({
    dirs: ["language-nodejs", "kubernetes", "random", "command"].map(standInDir),
    standIns: all,
  });
});

test("what the CLI itself would find needs nothing", async () => {
  install(`home/plugins/resource-kubernetes-v${version}`, "pulumi-resource-kubernetes");
  install("bin", "pulumi-language-nodejs");
  expect(await find(join(dir, "bin"))).toEqual({
    dirs: [standInDir("random"), standInDir("command")],
    standIns: ["pulumi-resource-random", "pulumi-resource-command"],
  });
});

test("what is installed for the user is put on PATH", async () => {
  const installed = install(`user/.pulumi/plugins/resource-kubernetes-v${version}`, "pulumi-resource-kubernetes");
  const { dirs, standIns } = await find();
  expect(dirs).toContain(installed);
  expect(standIns).not.toContain("pulumi-resource-kubernetes");
});

test("another version than the SDK's does not count, and a stand-in on PATH is none", async () => {
  install("home/plugins/resource-kubernetes-v4.0.0", "pulumi-resource-kubernetes");
  expect((await find(standInDir("random"))).standIns).toEqual(all);
});

function find(path = "") {
  return pluginPathDirs(join(dir, "home"), { home: join(dir, "user"), path });
}

function install(where: string, program: string): string {
  const target = join(dir, where);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, program), "#!/bin/sh\n");
  chmodSync(join(target, program), 0o755);
  return target;
}
