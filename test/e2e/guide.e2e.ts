/** The guide's commands on the LAN client, one after the other, with a stack called production beside the lab's own. */
import { spawn, type ChildProcess } from "node:child_process";
import { rm } from "node:fs/promises";
import { delimiter } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { binDir, kubeEnvironment, stackConfigFile } from "@esddns/lab";
import { metallb, operatorLogs, page, portForward, restart, type GuideCommand } from "../guide/commands.ts";
import { eventually, lab, labOk, stackOutputs } from "./lab.ts";

const RANGE = "192.168.1.120-192.168.1.129";

beforeAll(async () => {
  await away();
  const image = String((await stackOutputs())["operatorImage"]);
  const deployed = await lab(["deploy", "production", RANGE, "--adopt", "--image", image]);
  expect(deployed.status, deployed.stdout + deployed.stderr).toBe(0);
});
afterAll(away);

test.each([...metallb, ...page, operatorLogs])("$run", async (command) => {
  await typed(command);
});

test("port-forward, and a page from another shell", async () => {
  const [forward, fetch] = portForward;
  await typed(forward, () => typed(fetch));
});

test("a restart of both lasts: pods are new, and the next up has nothing to undo", async () => {
  const before = await pods();
  for (const command of restart) await typed(command);
  for (const workload of ["daemonset/esddns-operator-daemon", "deployment/esddns-service"])
    await labOk("kubectl", "rollout", "status", workload, "-n", "esddns-production", "--timeout=120s");
  await eventually(async () => {
    const after = await pods();
    expect(after.filter((pod) => before.includes(pod))).toEqual([]);
    expect(after).toHaveLength(before.length);
  });
  await typed(operatorLogs);
  const up = ["pulumi", "up", "--stack", "production", "--yes", "--expect-no-changes", "--non-interactive"];
  const again = await lab(up);
  expect(again.status, again.stdout + again.stderr).toBe(0);
});

/** Runs a command as a person would type it, until it ends or, of an endless one, has printed what it is to print. */
async function typed(command: GuideCommand, meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  const { run, prints = [], endless = false, quiet = false } = command;
  const child = shell(run);
  const ended = new Promise<number>((resolve) => {
    child.on("close", (code) => {
      resolve(code ?? -1);
    });
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  const printed = (): void => {
    for (const pattern of prints) expect(output).toMatch(pattern);
  };
  try {
    if (endless) {
      await eventually(() => {
        printed();
        return Promise.resolve();
      });
      await meanwhile();
      return;
    }
    const status = await ended;
    if (!quiet) expect(status, output).toBe(0);
    printed();
  } finally {
    // The shell and what it has started.
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGTERM");
    await ended;
  }
}

function shell(command: string): ChildProcess {
  const environment = { ...kubeEnvironment, PATH: [binDir, process.env["PATH"] ?? ""].join(delimiter) };
  const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const args = ["lab/src/main.ts", "exec", "client", "env", ...settings, "bash", "-c", command];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, timeout: 120_000 });
}

async function pods(): Promise<readonly string[]> {
  return (await labOk("kubectl", "get", "pods", "-n", "esddns-production", "-o", "name")).split("\n").sort();
}

/** As a fresh lab has it. */
async function away(): Promise<void> {
  await lab(["destroy", "production", "--yes"]);
  await lab(["pulumi", "stack", "rm", "--stack", "production", "--yes", "--preserve-config"]);
  await rm(stackConfigFile("production"), { force: true });
}
