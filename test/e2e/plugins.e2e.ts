/**
 * The program with which the real pulumi-kubernetes was recorded, run through the same steps with the plugins of this
 * machine, stand-ins or real ones. What the CLI prints must say the same: which resource was created, updated, deleted or
 * failed, the summaries, the outputs, the detailed diffs and the error texts.
 * Not compared: order, times, progress messages, addresses, ids and random suffixes, and what the CLI says about PATH.
 */
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lan, namespaceOf, projectDir, pulumiCommand, toolsImage } from "@esddns/lab";
import { eventually, labJson, labOk } from "./lab.ts";
import { blocksOf, changesOf, errorsOf, sectionsOf } from "./pulumiOutput.ts";
import { spawnCollect } from "./spawn.ts";

const recordings = join(projectDir, "pulumi-stand-ins", "fixtures", "kubernetes");
let dir = "";

beforeAll(async () => {
  await removeTraces();
  dir = await mkdtemp(join(tmpdir(), "esddns-plugins-"));
  await mkdir(join(dir, "state"));
  await mkdir(join(dir, "chart", "templates"), { recursive: true });
  await symlink(join(projectDir, "node_modules"), join(dir, "node_modules"));
  await writeFile(join(dir, "package.json"), '{ "name": "fx", "type": "module", "private": true }\n');
  await writeFile(join(dir, "Pulumi.yaml"), projectFile);
  await writeFile(join(dir, "chart", "Chart.yaml"), "apiVersion: v2\nname: fxchart\nversion: 0.1.0\n");
  await writeFile(join(dir, "chart", "values.yaml"), "a: 0\n");
  await writeFile(join(dir, "chart", "templates", "cm.yaml"), chartTemplate);
  await writeFile(join(dir, "index.ts"), await program());
  await succeeds(["stack", "init", "dev"]);
});

afterAll(async () => {
  await removeTraces();
  await rm(dir, { recursive: true, force: true });
});

test("01 the preview of a create shows unknowns", async () => {
  await matches("01-preview-create", await pulumi(["preview"]));
});

test("02 an up creates everything and waits for a status that a person sets", async () => {
  const person = setStatus(1, "203.0.113.9");
  await matches("02-up-create", await pulumi(["up", "--yes"]));
  await person;
});

test("03, 04 nothing changed: nothing to do", async () => {
  await matches("03-preview-no-change", await pulumi(["preview"]));
  await matches("04-up-no-change", await pulumi(["up", "--yes"]));
});

test("05 the preview of an update shows each field that changes", async () => {
  await succeeds(["config", "set", "phase", "2"]);
  const { output } = await pulumi(["preview", "--diff"]);
  expect(blocksOf(output)).toEqual(blocksOf(await recorded("05-preview-update")));
  expect(sectionsOf(output)).toEqual(sectionsOf(await recorded("05-preview-update")));
});

test("06 an update waits for the status of the new generation", async () => {
  const person = setStatus(2, "203.0.113.10");
  await matches("06-up-update", await pulumi(["up", "--yes"]));
  await person;
});

test("07 a live read shows what moved since", async () => {
  await setStatus(2, "203.0.113.11");
  await matches("07-preview-live-output-moved", await pulumi(["preview"]));
});

test("08 a refresh sees a person's edit, 09 which the next up does not force away", async () => {
  await labOk("kubectl", "patch", "configmap", "settings", "-n", "fx", "-p", '{"data":{"a":"edited"}}');
  await matches("08-refresh-drift", await pulumi(["refresh", "--yes"]));
  expect(await output("ready")).toBe("203.0.113.10");
  const up = await pulumi(["up", "--yes"]);
  expect(up.status).not.toBe(0);
  await matches("09-up-corrects-drift", up);
});

test("10 a refresh drops an object that somebody deleted, 11 the next up makes it again", async () => {
  await labOk("kubectl", "delete", "configmap", "settings", "-n", "fx");
  await matches("10-refresh-object-gone", await pulumi(["refresh", "--yes"]));
  expect(await output("ready")).toBe("203.0.113.10");
  await matches("11-up-recreates", await pulumi(["up", "--yes"]));
});

test("12 an object that exists and a wait that times out fail their resources, and no other", async () => {
  await succeeds(["destroy", "--yes"]);
  await succeeds(["config", "rm", "phase"]);
  await labOk("kubectl", "create", "namespace", "taken");
  await writeFile(join(dir, "index.ts"), (await program()) + failing);
  const person = setStatus(1, "203.0.113.9");
  const up = await pulumi(["up", "--yes", "--skip-preview", "--continue-on-error"]);
  await person;
  expect(up.status).not.toBe(0);
  await matches("12-up-exists-and-waitfor-timeout", up);
});

test("13 an up removes what the program no longer has, 14 a destroy everything", async () => {
  await writeFile(join(dir, "index.ts"), await program());
  await matches("13-up-removes", await pulumi(["up", "--yes"]));
  await matches("14-destroy", await pulumi(["destroy", "--yes"]));
  expect(await labOk("kubectl", "get", "namespaces", "-o", "name")).not.toContain("namespace/fx\n");
});

test("15 a preview without a cluster shows the inputs", async () => {
  await matches("15-preview-unreachable", await pulumi(["preview"], { KUBECONFIG: "/nonexistent" }));
});

interface Printed {
  readonly status: number;
  readonly output: string;
}

async function matches(step: string, { status, output }: Printed): Promise<void> {
  const expected = await recorded(step);
  expect(errorsOf(output), output).toEqual(errorsOf(expected));
  // First what names the resource that differs, then the sums.
  expect(changesOf(output), output).toEqual(changesOf(expected));
  expect(sectionsOf(output), output).toEqual(sectionsOf(expected));
  expect(status === 0).toBe(errorsOf(expected).length === 0);
}

async function succeeds(args: readonly string[]): Promise<void> {
  const { status, output } = await pulumi(args);
  expect(status, output).toBe(0);
}

async function output(name: string): Promise<string> {
  const { status, output } = await pulumi(["stack", "output", name]);
  expect(status, output).toBe(0);
  return output.trim();
}

function recorded(step: string): Promise<string> {
  return readFile(join(recordings, `${step}.txt`), "utf8");
}

async function pulumi(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Printed> {
  const command = await pulumiCommand(args);
  const own = {
    PULUMI_BACKEND_URL: `file://${join(dir, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_STACK: "dev",
  };
  const lab = Object.entries(command.env).filter(
    ([name]) => !["PULUMI_OPTION_CONFIG_FILE", "PULUMI_CONFIG_PASSPHRASE_FILE"].includes(name),
  );
  return spawnCollect(
    ["nsenter", `--net=/run/netns/${namespaceOf(lan.client.name)}`, ...command.argv, "--non-interactive"],
    { cwd: dir, env: { ...Object.fromEntries(lab), ...own, ...env } },
  );
}

/** The recorded program, with an image and an address pool that this lab has. */
async function program(): Promise<string> {
  const source = await readFile(join(recordings, "program.ts"), "utf8");
  const pools = await labJson<{ items: { metadata: { name: string } }[] }>(
    ...["kubectl", "get", "ipaddresspools", "--all-namespaces", "-o", "json"],
  );
  const pool = pools.items[0]?.metadata.name;
  if (pool === undefined) throw new Error("the lab has no MetalLB address pool");
  return source
    .replace('"metallb.io/address-pool": "default"', `"metallb.io/address-pool": "${pool}"`)
    .replace("localhost/lab/pause:1", toolsImage);
}

/** What a controller, or a person, writes into the Thing's status once it has the given generation. */
async function setStatus(generation: number, seen: string): Promise<void> {
  const condition = { type: "Ready", status: "True", reason: "Ok", lastTransitionTime: "2026-11-23T00:00:00Z" };
  const status = { observedGeneration: generation, seen, conditions: [condition] };
  await eventually(async () => {
    const found = await labOk("kubectl", "get", "thing", "one", "-n", "fx", "-o", "jsonpath={.metadata.generation}");
    expect(Number(found)).toBe(generation);
  }, 120_000);
  const patch = JSON.stringify({ status });
  await labOk(...["kubectl", "patch", "thing", "one", "-n", "fx", "--subresource=status", "--type=merge", "-p", patch]);
}

async function removeTraces(): Promise<void> {
  await labOk("kubectl", "delete", "namespace", "fx", "taken", "--ignore-not-found");
  await labOk("kubectl", "delete", "crd", "things.example.test", "--ignore-not-found");
}

const projectFile = `name: fx
runtime: { name: nodejs, options: { typescript: false, nodeargs: "--import tsx" } }
main: index.ts
config:
  phase: { type: integer, default: 1 }
`;

const chartTemplate = `apiVersion: v1
kind: ConfigMap
metadata: { name: fxchart-cm }
data: { a: "{{ .Values.a }}" }
`;

const failing = `
new k8s.core.v1.Namespace("taken", { metadata: { name: "taken" } }, opts);
const waits = { "pulumi.com/waitFor": "jsonpath={.status.ipv4}", "pulumi.com/timeoutSeconds": "5" };
new Thing("never", { metadata: { name: "never", namespace: "fx", annotations: waits }, spec: {} }, { provider, dependsOn: [crd, ns] });
`;
