/** Two stacks on one cluster: the lab's own, which owns MetalLB, and one beside it that adopts it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { curl, eventually, lab, labJson, labOk } from "./lab.ts";
import { adopt, image, RANGE, removeSecond, told } from "./secondStack.ts";

const PAGES = { development: "http://192.168.1.100/healthz", production: "http://192.168.1.120/healthz" };
const up = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"] as const;

/** How the lab has MetalLB. */
let metallb: MetallbConfig = {};

beforeAll(async () => {
  metallb = await labJson("pulumi", "config", "get", "metallb");
  await alone();
});
afterAll(async () => {
  await configure(metallb);
  await alone();
});

test("everything that is wrong with a deploy is named at once, and nothing is begun", async () => {
  const wrong = await lab(["deploy", "production", "192.168.1.129-192.168.1.120", "--ajopt", "--wait", "long"]);
  expect(wrong.status, told(wrong)).toBe(2);
  for (const word of ["RANGE: ", "--ajopt: ", "--wait: "]) expect(wrong.stderr).toContain(word);

  const second = await lab(["deploy", "production", RANGE]);
  expect(second.status, told(second)).toBe(3);
  expect(second.stderr).toMatch(/belongs to the stack with the namespace esddns-development.*--adopt/);
  expect(await namespaces()).not.toContain("esddns-production");
});

test("a stack that turns to adopt deletes nothing of MetalLB, whatever it is called, and takes it over again as it stands", async () => {
  const renamed = { ...metallb, values: { ...metallb.values, fullnameOverride: "lb" } };
  await configure(renamed);
  await labOk(...up);
  expect(await labOk("kubectl", "get", "deployments", "-n", "metallb-system", "-o", "name")).toMatch(
    /\/lb-controller$/,
  );
  // An update is over for Helm while the last of the old pods still ends.
  await labOk("kubectl", "rollout", "status", "-n", "metallb-system", "daemonset/lb-speaker");
  const before = await speakers();
  const shared = () => labOk("pulumi", "stack", "export").then(sharedPart);
  expect(await shared()).toEqual([
    "CustomResourceDefinition",
    "CustomResourceDefinition",
    "CustomResourceDefinition",
    "Namespace",
    "Release",
  ]);
  // The chart of the lab has no effect where MetalLB is adopted, which is an error.
  await labOk("pulumi", "config", "rm", "metallb");
  await labOk("pulumi", "config", "set", "shared", "adopt");
  try {
    await labOk(...up);
    expect(await shared()).toEqual([]);
    await labOk("pulumi", "preview", "--expect-no-changes", "--non-interactive");
  } finally {
    await labOk("pulumi", "config", "rm", "shared");
    await configure(renamed);
  }
  expect(await labOk("kubectl", "get", "crds", "-o", "name")).toContain("dnsrecords.esddns.io");
  expect(await curl(PAGES.development)).not.toBe("");
  await labOk(...up);
  expect(await shared()).toHaveLength(5);
  expect(await speakers()).toEqual(before);
  await configure(metallb);
  await labOk(...up);
  await labOk("kubectl", "rollout", "status", "-n", "metallb-system", "daemonset/metallb-speaker");
});

test("a second stack adopts MetalLB: one command, and page, WAN address and record are seen to be well", async () => {
  const deployed = await adopt();
  expect(deployed.status, told(deployed)).toBe(0);
  for (const line of [
    "The page answers at",
    "The WAN address is 198.51.100.",
    "The record production.example.com is in",
  ])
    expect(deployed.stdout).toContain(`✓ ${line}`);
  await eventually(() => curl(PAGES.production));
  expect(await curl(PAGES.development)).not.toBe("");
  expect(told(deployed)).not.toContain(await token());
});

test("a stack with a copied namespace or a copied name is refused, and the other one is left alone", async () => {
  const shared = ["-n", "metallb-system", "-l", "esddns.io/owner=esddns-development", "-o", "name"];
  expect(await labOk("kubectl", "get", "l2advertisements", ...shared)).not.toBe("");

  const before = await labOk("kubectl", "get", "namespace", "esddns-development", "-o", "json");
  await labOk("pulumi", "config", "set", "--stack", "production", "namespace", "esddns-development");
  const copied = await lab(["pulumi", "preview", "--stack", "production", "--non-interactive"]);
  await labOk("pulumi", "config", "rm", "--stack", "production", "namespace");
  expect(copied.status, told(copied)).not.toBe(0);
  expect(told(copied)).toMatch(/esddns:namespace: .* is the namespace of the stack esddns\/development/);
  expect(await labOk("kubectl", "get", "namespace", "esddns-development", "-o", "json")).toBe(before);

  for (const [key = "", value = ""] of [
    ["l2[0].name", "esddns-development-l2"],
    ["l2[0].pools[0]", "production-pool"],
  ])
    await labOk("pulumi", "config", "set", "--stack", "production", "--path", key, value);
  const named = await lab(["pulumi", "preview", "--stack", "production", "--non-interactive"]);
  await labOk("pulumi", "config", "rm", "--stack", "production", "l2");
  expect(named.status, told(named)).not.toBe(0);
  expect(told(named)).toMatch(
    /esddns:l2\[0\]\.name: .* exists already, and belongs to the stack with the namespace esddns-development/,
  );
});

test("a second owner makes nothing of the shared part, though nobody has checked the cluster", async () => {
  await labOk("pulumi", "config", "set", "--stack", "production", "shared", "own");
  await labOk("pulumi", "config", "set", "--stack", "production", "--path", "checks.whenUnreachable", "Off");
  try {
    const owner = await lab([...up, "--stack", "production"]);
    expect(owner.status, told(owner)).not.toBe(0);
    expect(told(owner)).toMatch(/Namespace metallb-system exists already, and belongs to .* esddns-development/);
    expect(sharedPart(await labOk("pulumi", "stack", "export", "--stack", "production"))).toEqual([]);
  } finally {
    await labOk("pulumi", "config", "set", "--stack", "production", "shared", "adopt");
    await labOk("pulumi", "config", "rm", "--stack", "production", "checks");
  }
  await labOk(...up, "--stack", "production");
});

test("the owner is not destroyed under the adopter, unless it keeps what both use", async () => {
  const refused = await lab(["destroy", "development", "--yes"]);
  expect(refused.status, told(refused)).toBe(3);
  expect(refused.stderr).toMatch(/MetalLB from the address pools .*esddns-production\/esddns-service/);
  expect(refused.stderr).toMatch(/definitions from the stacks in esddns-production/);

  await labOk("pulumi", "config", "set", "keepOnDestroy", "true");
  await labOk(...up);
  const before = await speakers();
  const destroyed = await lab(["destroy", "development", "--yes"]);
  expect(destroyed.status, told(destroyed)).toBe(0);
  expect(await namespaces()).not.toContain("esddns-development");
  expect(await curl(PAGES.production)).not.toBe("");
  expect(await labOk("kubectl", "get", "dnsrecords", "-n", "esddns-production", "-o", "name")).not.toBe("");

  await labOk(...up);
  expect(await speakers()).toEqual(before);
  await eventually(() => curl(PAGES.development));
  expect(await curl(PAGES.production)).not.toBe("");
});

test("a stack whose state was lost is taken over as it stands", async () => {
  const before = await uids();
  await labOk("pulumi", "stack", "rm", "--stack", "production", "--force", "--yes", "--preserve-config");
  const again = await lab(["deploy", "production", "--take-over", "--image", await image()]);
  expect(again.status, told(again)).toBe(0);
  expect(await uids()).toEqual(before);
  await labOk("pulumi", "preview", "--stack", "production", "--expect-no-changes", "--non-interactive");
  // What the lost state wrote can be changed, too.
  await labOk("pulumi", "config", "set", "--stack", "production", "--path", "detection.probeIntervalSeconds", "12");
  await labOk(...up, "--stack", "production");
  const spec = ["kubectl", "get", "wan/wan", "-n", "esddns-production", "-o", "jsonpath={.spec.probeIntervalSeconds}"];
  expect(await labOk(...spec)).toBe("12");
});

test("the adopter goes and the owner stays whole", async () => {
  const before = await speakers();
  const destroyed = await lab(["destroy", "production", "--yes"]);
  expect(destroyed.status, told(destroyed)).toBe(0);
  expect(await namespaces()).not.toContain("esddns-production");
  expect(await speakers()).toEqual(before);
  expect(await curl(PAGES.development)).not.toBe("");
});

/** The lab's own stack and no other, as a fresh lab has it. */
async function alone(): Promise<void> {
  await removeSecond();
  await lab(["pulumi", "config", "rm", "keepOnDestroy"]);
  await labOk(...up);
}

interface MetallbConfig {
  readonly values?: object;
}

async function configure(metallb: MetallbConfig): Promise<void> {
  const value = { "esddns:metallb": { value: JSON.stringify(metallb), objectValue: metallb } };
  await labOk("pulumi", "config", "set-all", "--json", JSON.stringify(value));
}

function namespaces(): Promise<string> {
  return labOk("kubectl", "get", "namespaces", "-o", "name");
}

/** Kinds of the shared part that a stack has in its state, and would delete. */
function sharedPart(exported: string): string[] {
  interface Exported {
    readonly deployment: { readonly resources: readonly { type: string; urn: string; external?: boolean }[] };
  }
  const { resources } = (JSON.parse(exported) as Exported).deployment;
  return resources
    .filter(({ type, urn }) => urn.endsWith("::metallb-namespace") || /:(Release|CustomResourceDefinition)$/.test(type))
    .filter(({ external }) => external !== true)
    .map(({ type }) => type.split(":").at(-1) ?? "")
    .sort();
}

interface List {
  readonly items: readonly {
    readonly metadata: { readonly uid: string; readonly name: string; readonly deletionTimestamp?: string };
  }[];
}

/** MetalLB's pods that are to stay: others than before would have been down in between. */
async function speakers(): Promise<readonly string[]> {
  const { items } = await labJson<List>("kubectl", "get", "pods", "-n", "metallb-system", "-o", "json");
  const staying = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return staying.map(({ metadata }) => metadata.uid).sort();
}

/** What the second stack has made; a new one would have another uid. */
async function uids(): Promise<readonly string[]> {
  const kinds = "services,deployments,daemonsets,dnsrecords,wanaddresses";
  const own = await labJson<List>("kubectl", "get", kinds, "-n", "esddns-production", "-o", "json");
  const pools = await labJson<List>("kubectl", "get", "ipaddresspools", "-n", "metallb-system", "-o", "json");
  return [...own.items, ...pools.items].map(({ metadata }) => `${metadata.name} ${metadata.uid}`).sort();
}

function token(): Promise<string> {
  return labOk("pulumi", "config", "get", "gandiToken", "--stack", "production");
}
