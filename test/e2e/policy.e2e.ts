/** The policy pack as the CLI runs it, over the stack of the lab. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lab } from "./lab.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "esddns-policy-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function preview(config: object): Promise<{ status: number; output: string }> {
  const file = join(dir, "policy.json");
  await writeFile(file, JSON.stringify(config));
  const packs = ["--policy-pack", "policy", "--policy-pack-config", file];
  const { status, stdout, stderr } = await lab(["pulumi", "preview", ...packs, "--non-interactive"]);
  return { status, output: stdout + stderr };
}

test("the stack of the lab keeps every policy", async () => {
  const { status, output } = await preview({});
  expect(status, output).toBe(0);
  expect(output).toContain("esddns@v0.1.0");
});

test("a pool outside the allowed ranges fails the preview, which says where it reaches and where it may", async () => {
  const { status, output } = await preview({ "pools-in-allowed-ranges": { allowed: ["192.168.1.96/30"] } });
  expect(status, output).not.toBe(0);
  expect(output).toContain('"192.168.1.100-192.168.1.110" is not within 192.168.1.96/30');
});
