import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { labStack, stackConfigFile } from "@esddns/lab";
import { eventually, lab, labOk, stackOutputs } from "./lab.ts";

const up = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"] as const;

test("nonsense in the stack config: every problem is named at once, and nothing is touched", async () => {
  const before = await labOk("pulumi", "stack", "export");
  const dir = await mkdtemp(join(tmpdir(), "esddns-config-"));
  const file = join(dir, "Pulumi.development.yaml");
  const { config, ...rest } = parse(await readFile(stackConfigFile(labStack), "utf8")) as { config: object };
  const nonsense = {
    "esddns:namespace": "Not A Name",
    "esddns:keepOnDestory": true,
    "esddns:waitForWanSeconds": -1,
    "esddns:pools": [{ name: "a", addresses: ["192.168.1.110-192.168.1.100", "192.168.1.300"] }],
    "esddns:records": [
      { zone: "example.com", name: "home", types: ["A"], ttl: 60 },
      { zone: "example.com", name: "host", types: ["AAAA"] },
    ],
  };
  await writeFile(file, stringify({ ...rest, config: { ...config, ...nonsense } }));
  const { status, stdout, stderr } = await lab(["pulumi", "preview", "--non-interactive", "--config-file", file]);
  await rm(dir, { recursive: true });
  expect(status).not.toBe(0);
  const output = stdout + stderr;
  for (const key of [
    ...["esddns:namespace", "esddns:keepOnDestory", "esddns:waitForWanSeconds"],
    ...["esddns:pools[0].addresses[0]", "esddns:pools[0].addresses[1]", "esddns:records[0].ttl"],
    "esddns:records[1].ipv6Suffix",
  ]) {
    expect(output).toContain(key);
  }
  expect(output).not.toMatch(/^\s+at .*\.ts:\d+/m);
  expect(await labOk("pulumi", "stack", "export")).toBe(before);
});

test("destroyed, the preview of a first up shows unknowns and no error; up makes everything again", async () => {
  await labOk("pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive");
  expect(await labOk("kubectl", "get", "namespaces", "-o", "name")).not.toContain("esddns-development");

  const preview = await lab(["pulumi", "preview", "--non-interactive"]);
  expect(preview.status, preview.stdout + preview.stderr).toBe(0);
  expect(preview.stdout).toMatch(/wanIp\s*:\s*(output<string>|\[unknown\])/);

  await labOk(...up);
  expect(await stackOutputs()).toMatchObject({ wanIp: expect.stringMatching(/^198\.51\.100\./) as string });
});

test("an up that was killed half way is completed by the next run of the lab", async () => {
  await labOk("pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive");
  const running = spawn(process.execPath, ["lab/src/main.ts", "up"], { stdio: "ignore", detached: true });
  await eventually(async () => {
    expect(await labOk("kubectl", "get", "namespaces", "-o", "name")).toContain("metallb-system");
  }, 120_000);
  if (running.pid === undefined) throw new Error("the lab did not start");
  process.kill(-running.pid, "SIGKILL");

  const again = await lab(["up"], { timeoutMs: 600_000 });
  expect(again.status, again.stdout + again.stderr).toBe(0);
  expect((await lab(["pulumi", "up", "--yes", "--expect-no-changes", "--non-interactive"])).status).toBe(0);
});

test("an up that was killed half way is completed as the README says: unlock, and the same again", async () => {
  await labOk("pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive");
  const running = spawn(process.execPath, ["lab/src/main.ts", ...up], { stdio: "ignore", detached: true });
  // Helm is at it, and the provider waits for it.
  await eventually(async () => {
    expect(await labOk("kubectl", "get", "deployments", "-n", "metallb-system", "-o", "name")).not.toBe("");
  }, 120_000);
  if (running.pid === undefined) throw new Error("pulumi did not start");
  process.kill(-running.pid, "SIGKILL");

  const locked = await lab(up);
  expect(locked.status).not.toBe(0);
  expect(locked.stdout + locked.stderr).toContain("pulumi cancel");
  await labOk("pulumi", "cancel", "--yes", "--non-interactive");
  await labOk(...up);
  expect(await stackOutputs()).toMatchObject({ wanIp: expect.stringMatching(/^198\.51\.100\./) as string });
  const none = await lab(["pulumi", "up", "--yes", "--expect-no-changes", "--non-interactive"]);
  expect(none.status, none.stdout + none.stderr).toBe(0);
});
