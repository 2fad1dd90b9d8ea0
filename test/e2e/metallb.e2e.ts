/** The other version of MetalLB that the lab can build: up to it and down again, by the one line of config that decides. */
import { afterAll, expect, test } from "vitest";
import { curl, eventually, lab, labJson, stackOutputs } from "./lab.ts";

/** It may have to be compiled first. */
const UP_MS = 1_200_000;
const NEWER = "0.16.2";
const USUAL = "0.15.3";
const address = "192.168.1.100";

afterAll(async () => {
  await up(USUAL);
}, UP_MS);

test(
  "a newer MetalLB takes over: the pools are the same objects, and the page keeps its address",
  () => replaces(NEWER),
  UP_MS,
);

test("under the newer one nonsense in a pool is refused, and the doctor finds nothing wrong with MetalLB", async () => {
  const change = ["patch", "ipaddresspool", "esddns-pool", "-n", "metallb-system", "--type", "merge", "-p"];
  const nonsense = await lab(["kubectl", ...change, '{"spec":{"addresses":["192.168.1.110-192.168.1.100"]}}']);
  expect(nonsense.stderr).toMatch(/denied the request/);
  // An update is over for Helm while the last speaker still starts.
  await eventually(async () => {
    const { stdout } = await lab(["doctor", "esddns-development"]);
    for (const check of ["MetalLB's pods", "MetalLB's webhook", "MetalLB's configuration", "Announcing node", "Page"]) {
      expect(stdout).toMatch(new RegExp(`^✓ ${check}`, "m"));
    }
  }, 120_000);
});

test("the older one comes back the same way", () => replaces(USUAL), UP_MS);

async function replaces(version: string): Promise<void> {
  const before = await uids();
  expect(before).toHaveLength(2);
  await up(version);
  expect(await images()).toEqual([`quay.io/metallb/controller:v${version}`, `quay.io/metallb/speaker:v${version}`]);
  expect(await uids()).toEqual(before);
  expect(await stackOutputs()).toMatchObject({ loadBalancerIp: address });
  await eventually(async () => {
    expect(await curl(`http://${address}/`)).toContain("ESDDNS");
  });
  expect((await lab(["pulumi", "preview", "--expect-no-changes", "--non-interactive"])).status).toBe(0);
}

async function up(version: string): Promise<void> {
  const { status, stdout, stderr } = await lab(["--metallb", version], { timeoutMs: UP_MS });
  expect(status, stdout + stderr).toBe(0);
}

interface List<T> {
  readonly items: readonly T[];
}

async function uids(): Promise<string[]> {
  const kinds = "ipaddresspools.metallb.io,l2advertisements.metallb.io";
  const { items } = await labJson<List<{ kind: string; metadata: { name: string; uid: string } }>>(
    ...["kubectl", "get", kinds, "-n", "metallb-system", "-o", "json"],
  );
  return items.map(({ kind, metadata: { name, uid } }) => `${kind} ${name} ${uid}`).sort();
}

/** Of the pods that are to stay. */
async function images(): Promise<string[]> {
  const { items } = await labJson<
    List<{ metadata: { deletionTimestamp?: string }; spec: { containers: { image: string }[] } }>
  >("kubectl", "get", "pods", "-n", "metallb-system", "-o", "json");
  const staying = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return [...new Set(staying.flatMap(({ spec }) => spec.containers.map(({ image }) => image)))].sort();
}
