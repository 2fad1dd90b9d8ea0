/** One node of two is dead, as home clusters often are: a change still reaches the pods that can have it. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { labStack, stackConfigFile } from "@esddns/lab";
import type { Pod } from "@esddns/common/cluster";
import { eventually, lab, labOk, readyPods, type CommandResult } from "./lab.ts";

const namespace = "esddns-development";
const OPERATOR = "esddns-operator";
const PAGE = "esddns-service";
/** In the pods of both. */
const EXPIRES = "2027-06-30";
const NAMED = /The node node2 is not Ready: .+\. An up does not wait for the operator's pod on it\./;

let dir = "";

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "esddns-dead-node-"));
});

afterAll(async () => {
  await rm(dir, { recursive: true });
  await labOk("trouble", "off");
  await node2Is("True");
  const usual = await lab(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]);
  expect(usual.status, usual.stdout + usual.stderr).toBe(0);
  await eventually(async () => {
    await labOk("status");
  });
});

describe("with one of two nodes dead", () => {
  let former: string[] = [];

  beforeAll(async () => {
    former = (await readyPods(namespace, OPERATOR)).map(({ metadata }) => metadata.name);
    await labOk("trouble", "node2-unplugged", "on");
    await node2Is("Unknown");
  });

  test("a preview names it", async () => {
    const { stdout, stderr } = await succeeds(pulumi("preview"));
    expect(stdout + stderr).toMatch(NAMED);
  });

  test("an up gives the other node new pods, names the dead one, and comes to its end", async () => {
    const { stdout, stderr } = await succeeds(pulumi("up", "--yes", "--skip-preview"));
    expect(stdout + stderr).toMatch(NAMED);
    const pods = (await readyPods(namespace, OPERATOR)).filter(({ spec }) => spec.nodeName === "node1");
    expect(pods.map(isNew)).toEqual([true]);
    expect(former).not.toContain(pods[0]?.metadata.name);
    expect((await readyPods(namespace, PAGE)).filter(isNew).map(({ spec }) => spec.nodeName)).toEqual([
      "node1",
      "node1",
    ]);
  });

  test("has nothing left to do, and a refresh finds nothing", async () => {
    await succeeds(pulumi("preview", "--expect-no-changes"));
    const { stdout } = await succeeds(pulumi("refresh", "--yes", "--skip-preview"));
    expect(stdout).toMatch(/^ {4}\d+ unchanged$/m);
    expect(stdout).not.toMatch(/kubernetes:apps\/v1:\S+ \S+ updated/);
  });

  test("the node gets its pod when it is back", async () => {
    await labOk("trouble", "node2-unplugged", "off");
    await node2Is("True");
    await eventually(async () => {
      const pods = (await readyPods(namespace, OPERATOR)).filter(isNew);
      expect(pods.map(({ spec }) => spec.nodeName).sort()).toEqual(["node1", "node2"]);
    }, 180_000);
    const { stdout, stderr } = await succeeds(pulumi("preview", "--expect-no-changes"));
    expect(stdout + stderr).not.toMatch(NAMED);
  });
});

function isNew({ spec }: Pod): boolean {
  return spec.containers.some(({ env }) =>
    env.some(({ name, value }) => name === "ESDDNS_GANDI_TOKEN_EXPIRES" && value === EXPIRES),
  );
}

async function node2Is(ready: "True" | "Unknown"): Promise<void> {
  await eventually(async () => {
    const path = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
    expect(await labOk("kubectl", "get", "node", "node2", "-o", path)).toBe(ready);
  }, 180_000);
}

/** On the lab's stack, with another day on which the token ends. */
async function pulumi(...args: string[]): Promise<CommandResult> {
  const file = join(dir, `Pulumi.${labStack}.yaml`);
  const stack = parse(await readFile(stackConfigFile(labStack), "utf8")) as { config: Record<string, unknown> };
  const config = { ...stack.config, "esddns:gandiTokenExpires": EXPIRES };
  await writeFile(file, stringify({ ...stack, config }), { mode: 0o600 });
  return lab(["pulumi", ...args, "--non-interactive", "--config-file", file], { timeoutMs: 400_000 });
}

async function succeeds(running: Promise<CommandResult>): Promise<CommandResult> {
  const result = await running;
  expect(result.status, result.stdout + result.stderr).toBe(0);
  return result;
}
