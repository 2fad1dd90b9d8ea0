import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "esddns-lab-state-"));
  vi.stubEnv("ESDDNS_LAB_STATE", dir);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

it("mends what a killed up has left in the backend, and stops at a state that is not whole", async () => {
  // The folder is read from the environment at the import.
  const { prepareStack } = await import("./stack.ts");
  const { backendDir } = await import("./pulumi.ts");
  const stacks = join(backendDir, ".pulumi/stacks/esddns");
  await mkdir(stacks, { recursive: true });
  await writeFile(join(stacks, "adopter.json"), "{}");
  await writeFile(join(stacks, "adopter.json.attrs"), "");
  await writeFile(join(stacks, "development.json"), "");
  const said: string[] = [];
  const step = { progress: (line: string) => void said.push(line), run: () => expect.unreachable() };
  await expect(prepareStack(step, "development")).rejects.toThrow(/development\.json is empty or cut off/);
  expect(said).toEqual([expect.stringContaining("adopter.json.attrs empty or cut off")]);
  expect(await readdir(stacks)).toEqual(["adopter.json", "adopter.json.attrs.damaged", "development.json"]);
});
