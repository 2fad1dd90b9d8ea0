/**
 * What a killed Pulumi leaves in a local backend, with the real CLI: which states occur, what they do to the next command,
 * and that mendBackendFiles() gets every one of them going again. Needs the lab's toolchain, and no cluster.
 */
import { spawn } from "node:child_process";
import { watch } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mendBackendFiles } from "../../infra/cli/backendFiles.ts";
import { binDir } from "@esddns/lab";
import { spawnCollect } from "./spawn.ts";

const KILLS = 16;
let dir = "";
let env: Record<string, string> = {};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "esddns-backend-"));
  env = {
    PATH: [binDir, process.env["PATH"] ?? ""].join(delimiter),
    HOME: dir,
    PULUMI_HOME: join(dir, "home"),
    PULUMI_BACKEND_URL: `file://${dir}`,
    PULUMI_CONFIG_PASSPHRASE: "for this test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  await mkdir(join(dir, "home"));
  await writeFile(join(dir, "Pulumi.yaml"), "name: esddns\nruntime: nodejs\n");
  await succeeds("stack", "init", "production");
});

afterAll(() => rm(dir, { recursive: true, force: true }));

const stateFile = () => join(dir, ".pulumi/stacks/esddns/production.json");
const mend = () => mendBackendFiles({ url: `file://${dir}`, cwd: dir, project: "esddns", stack: "production" });

function pulumi(...args: string[]) {
  return spawnCollect(["pulumi", ...args, "--non-interactive", "--color", "never"], { cwd: dir, env });
}

async function succeeds(...args: string[]): Promise<string> {
  const { status, output } = await pulumi(...args);
  expect(status, output).toBe(0);
  return output;
}

test("empty attributes: no command works, until they are moved aside", async () => {
  const before = await succeeds("stack", "export");
  await writeFile(`${stateFile()}.attrs`, "");
  expect(await pulumi("stack", "export")).toMatchObject({
    status: 1,
    output: "error: failed to load checkpoint: EOF\n",
  });
  expect((await pulumi("stack", "ls")).status).not.toBe(0);
  expect(await mend()).toEqual([expect.objectContaining({ level: "warning" })]);
  expect(await succeeds("stack", "export")).toBe(before);
  expect(await succeeds("stack", "ls")).toContain("production");
});

test("an empty state: the command that is named puts the copy in its place", async () => {
  await writeFile(stateFile(), "");
  expect((await pulumi("stack", "export")).output).toContain("unexpected end of JSON input");
  const [finding] = await mend();
  const restore = / it: (mv .* && cp .*) && pulumi refresh/.exec(finding?.text ?? "")?.[1] ?? "";
  expect((await spawnCollect(["sh", "-c", restore], { cwd: dir, env })).output).toBe("");
  await succeeds("stack", "export");
  expect(await mend()).toEqual([]);
});

test(
  `killed ${KILLS} times, at any moment and while the attributes are written: the state is always whole`,
  { timeout: 900_000 },
  async () => {
    const states = await Promise.all([1, 2].map((generation) => stateOf(generation)));
    const started = performance.now();
    await succeeds("stack", "import", "--file", states[0] ?? "");
    const tookMs = performance.now() - started;
    const seen = new Set<string>();
    for (let kill = 0; kill < KILLS; kill++) {
      await importAndKill(states[kill % 2] ?? "", kill % 2 === 0 ? Math.random() * tookMs : undefined);
      for (const { level, text } of await mend()) {
        seen.add(text.replace(/(empty|broken lock).*/s, "$1"));
        // Only a lock is left for a person, and this is what the message says.
        if (level === "problem") expect(text).toContain("pulumi cancel --stack production");
      }
      await succeeds("cancel", "--yes", "--stack", "production");
      const { deployment } = JSON.parse(await succeeds("stack", "export")) as { deployment: { metadata?: object } };
      expect(deployment).not.toBeNull();
    }
    expect(await succeeds("stack", "ls")).toContain("production");
    console.log(`left behind: ${[...seen].join("; ") || "nothing that needed mending"}`);
  },
);

/** A state to import, large enough that writing it takes a moment. */
async function stateOf(generation: number): Promise<string> {
  const state = JSON.parse(await succeeds("stack", "export")) as { deployment: Record<string, unknown> };
  const resources = Array.from({ length: 2000 }, (_, index) => ({
    urn: `urn:pulumi:production::esddns::esddns:test:Component::c${index}-${generation}`,
    custom: false,
    type: "esddns:test:Component",
  }));
  const file = join(dir, `state-${generation}.json`);
  await writeFile(file, JSON.stringify({ ...state, deployment: { ...state.deployment, resources } }));
  return file;
}

/** @param afterMs when to kill; undefined: as soon as the attributes of the state are seen to change. */
async function importAndKill(file: string, afterMs: number | undefined): Promise<void> {
  const args = ["stack", "import", "--file", file, "--non-interactive"];
  const child = spawn(join(binDir, "pulumi"), args, { cwd: dir, env, stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const watcher = watch(join(dir, ".pulumi/stacks/esddns"), (_, name) => {
    if (afterMs === undefined && name === "production.json.attrs") child.kill("SIGKILL");
  });
  if (afterMs !== undefined) {
    await sleep(afterMs);
    child.kill("SIGKILL");
  }
  await ended;
  watcher.close();
}
