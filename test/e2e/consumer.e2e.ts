/** The project in examples/consumer, deployed beside the stack that it refers to, while the WAN address changes. */
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gandiControl, labStack, lan, namespaceOf, projectDir, pulumiCommand } from "@esddns/lab";
import { dig, eventually, labJson, labOk, stackOutputs } from "./lab.ts";
import { spawnCollect } from "./spawn.ts";

const before = "198.51.100.20";
const after = "198.51.100.78";
let dir = "";

beforeAll(async () => {
  await gandiControl().clearFaults();
  await wanIs(before);
  await up();
  dir = await mkdtemp(join(tmpdir(), "esddns-consumer-"));
  const example = join(projectDir, "examples", "consumer");
  for (const file of ["Pulumi.yaml", "package.json", "index.ts"]) await cp(join(example, file), join(dir, file));
  await symlink(join(projectDir, "node_modules"), join(dir, "node_modules"));
  await consumer("stack", "init", "try");
  // The commands of its README, but for the cluster: it is the one that esddns runs in.
  for (const [key, value] of Object.entries({
    esddnsStack: `organization/esddns/${labStack}`,
    app: "backup",
    port: "8443",
    readLive: "true",
  }))
    await consumer("config", "set", key, value);
});

afterAll(async () => {
  try {
    await consumer("destroy", "--yes", "--skip-preview");
    await consumer("stack", "rm", "--yes");
  } finally {
    await rm(dir, { recursive: true, force: true });
    await wanIs(before);
    await up();
  }
});

test("a stack that refers to this one opens its port to the WAN address", async () => {
  await consumer("up", "--yes", "--skip-preview");
  expect(await admitted()).toEqual([`${before}/32`]);
  expect(await consumerOutputs()).toEqual({ allowedSources: [`${before}/32`], wanIpv4Now: before });
});

test("it follows a new address with an up of both, and knows of it before by a read of its own", async () => {
  await wanIs(after);
  await consumer("up", "--yes", "--skip-preview");
  expect(await consumerOutputs()).toEqual({ allowedSources: [`${before}/32`], wanIpv4Now: after });

  await up();
  expect(await stackOutputs()).toMatchObject({ wanIpv4: after });
  await consumer("up", "--yes", "--skip-preview");
  expect(await consumerOutputs()).toEqual({ allowedSources: [`${after}/32`], wanIpv4Now: after });
  expect(await admitted()).toEqual([`${after}/32`]);
});

test("it does not change when nothing changed", async () => {
  await consumer("preview", "--expect-no-changes");
});

async function wanIs(ipv4: string): Promise<void> {
  await labOk("wan", ipv4);
  await eventually(async () => {
    expect(await dig("home.example.com", "A")).toEqual([ipv4]);
  }, 180_000);
}

async function up(): Promise<void> {
  await labOk("pulumi", "up", "--yes", "--skip-preview", "--non-interactive");
}

async function admitted(): Promise<unknown> {
  const policy = await labJson<{ spec: { ingress: { from: { ipBlock: { cidr: string } }[] }[] } }>(
    ...["kubectl", "get", "networkpolicy", "backup-from-home", "-n", "default", "-o", "json"],
  );
  return policy.spec.ingress.flatMap(({ from }) => from.map(({ ipBlock }) => ipBlock.cidr));
}

async function consumerOutputs(): Promise<unknown> {
  return JSON.parse(await consumer("stack", "output", "--json"));
}

/** The CLI on the LAN client, in the consumer's project, with the lab's own backend: that is where its reference leads. */
async function consumer(...args: string[]): Promise<string> {
  const { argv, env } = await pulumiCommand([]);
  const own = Object.entries({ ...env, PULUMI_STACK: "try" }).filter(([name]) => name !== "PULUMI_OPTION_CONFIG_FILE");
  const { status, output } = await spawnCollect(
    ["nsenter", `--net=/run/netns/${namespaceOf(lan.client.name)}`, ...argv, ...args, "--non-interactive"],
    { cwd: dir, env: Object.fromEntries(own) },
  );
  expect(status, output).toBe(0);
  return output;
}
