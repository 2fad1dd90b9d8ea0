/** The other versions of MetalLB that the lab can build, up and down, by the one line of config that decides. */
import { afterAll, expect, test } from "vitest";
import { curl, eventually, lab, labJson, labOk, stackOutputs } from "./lab.ts";
import { adopt, removeSecond, SECOND, told } from "./secondStack.ts";

/** It may have to be compiled first. */
const UP_MS = 1_200_000;
const NEWER = "0.16.2";
const USUAL = "0.15.3";
/** Reads none but the annotations that begin with metallb.universe.tf/. */
const OLDER = "0.14.8";
const address = "192.168.1.100";
const adopters = { given: "192.168.1.120", asked: "192.168.1.125" };

afterAll(async () => {
  await removeSecond();
  await up(USUAL);
  const annotate = ["kubectl", "annotate", "service", "-n", "esddns-development", "esddns-push", "esddns-service"];
  await labOk(...annotate, "metallb.universe.tf/allow-shared-ip-");
}, UP_MS);

test(
  "a newer MetalLB takes over: the pools are the same objects, and the page keeps its address",
  () => replaces(NEWER, "metallb.io"),
  UP_MS,
);

test("under the newer one nonsense in a pool is refused, and the doctor finds nothing wrong with MetalLB", async () => {
  await refusesNonsense();
  await wellByDoctor(/^✓ MetalLB's configuration/m, /^✓ Address pools: esddns-pool \(.*\) IPv4 \d+ of 11 in use/m);
});

// Page and push share an address, which MetalLB would take from one of them before that has the older annotation.
test(
  "the way back to one older than 0.14.9 is refused while Services share an address, and says how they keep it",
  async () => {
    const before = await images();
    const refused = await lab(["--metallb", OLDER], { timeoutMs: UP_MS });
    expect(refused.status).not.toBe(0);
    const commands = /esddns:metallb\.version: 0\.14\.8 does not read .* Tell it first: (.*)/.exec(told(refused))?.[1];
    expect(commands).toContain("esddns-push");
    expect(await images()).toEqual(before);
    for (const command of commands?.split("; ") ?? []) await labOk(...command.trim().split(" "));
  },
  UP_MS,
);

test(
  "told so, it takes over in the same way, and is asked by the annotations that it reads",
  async () => {
    await replaces(OLDER, "metallb.universe.tf");
    expect(await addresses("esddns-push")).toEqual(await addresses("esddns-service"));
  },
  UP_MS,
);

test("under the older one nonsense is refused, too, and what it does not tell is unknown, and not wrong", async () => {
  await refusesNonsense();
  await wellByDoctor(/^✓ Address pools: esddns-pool \(.*\) use unknown/m);
  expect(await stackOutputs()).toMatchObject({ pools: [{ name: "esddns-pool", assigned: null, available: null }] });
});

// The one pool that gives out addresses unasked is the other stack's: the page would have one of its addresses if
// MetalLB read neither of the two annotations.
test("a stack that adopts the older one has the addresses that it asks for, with no word of its version", async () => {
  const deployed = await adopt();
  expect(deployed.status, told(deployed)).toBe(0);
  expect(await labJson("pulumi", "config", "--stack", SECOND, "--json")).toMatchObject({
    "esddns:metallb": { value: "{}" },
  });
  const pool = { "metallb.universe.tf/address-pool": `${SECOND}-pool` };
  expect(await asked(SECOND)).toEqual(pool);
  expect(await labJson("pulumi", "stack", "output", "--stack", SECOND, "--json")).toMatchObject({
    metallb: { version: OLDER },
    loadBalancerIp: adopters.given,
  });

  await labOk("pulumi", "config", "set", "--stack", SECOND, "--path", "service.address", adopters.asked);
  await labOk("pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--stack", SECOND);
  expect(await asked(SECOND)).toEqual({ ...pool, "metallb.universe.tf/loadBalancerIPs": adopters.asked });
  await eventually(() => curl(`http://${adopters.asked}/`));
});

test(
  "the usual one comes back in the same way, and the adopter keeps its address until it goes",
  async () => {
    await replaces(USUAL, "metallb.io");
    expect(await curl(`http://${adopters.asked}/`)).toContain("ESDDNS");
    const destroyed = await lab(["destroy", SECOND, "--yes"]);
    expect(destroyed.status, told(destroyed)).toBe(0);
    expect(await curl(`http://${address}/`)).toContain("ESDDNS");
  },
  UP_MS,
);

async function replaces(version: string, prefix: string): Promise<void> {
  const before = await uids();
  expect(before).toContainEqual(expect.stringMatching(/^IPAddressPool esddns-pool /));
  await up(version);
  expect(await images()).toEqual([`quay.io/metallb/controller:v${version}`, `quay.io/metallb/speaker:v${version}`]);
  expect(await uids()).toEqual(before);
  expect(await asked("development")).toEqual({ [`${prefix}/address-pool`]: "esddns-pool" });
  expect(await stackOutputs()).toMatchObject({ loadBalancerIp: address });
  await eventually(async () => {
    expect(await curl(`http://${address}/`)).toContain("ESDDNS");
  });
  expect((await lab(["pulumi", "preview", "--expect-no-changes", "--non-interactive"])).status).toBe(0);
}

async function refusesNonsense(): Promise<void> {
  const change = ["patch", "ipaddresspool", "esddns-pool", "-n", "metallb-system", "--type", "merge", "-p"];
  const nonsense = await lab(["kubectl", ...change, '{"spec":{"addresses":["192.168.1.110-192.168.1.100"]}}']);
  expect(nonsense.stderr).toMatch(/denied the request/);
}

async function wellByDoctor(...more: readonly RegExp[]): Promise<void> {
  const checks = ["MetalLB's pods", "MetalLB's webhook", "Announcing node", "Page"];
  // An update is over for Helm while the last speaker still starts.
  await eventually(async () => {
    const { stdout } = await lab(["doctor", "esddns-development"]);
    for (const line of [...checks.map((check) => new RegExp(`^✓ ${check}`, "m")), ...more]) {
      expect(stdout).toMatch(line);
    }
  }, 120_000);
}

async function up(version: string): Promise<void> {
  const done = await lab(["--metallb", version], { timeoutMs: UP_MS });
  expect(done.status, told(done)).toBe(0);
}

/** What the page's Service asks MetalLB for. What MetalLB itself has noted there, old or new, is left out. */
async function asked(stack: string): Promise<Record<string, string>> {
  const { metadata } = await labJson<{ metadata: { annotations: Record<string, string> } }>(
    ...["kubectl", "get", "service", "esddns-service", "-n", `esddns-${stack}`, "-o", "json"],
  );
  return Object.fromEntries(
    Object.entries(metadata.annotations).filter(([key]) => /^metallb\..*\/(address-pool|loadBalancerIPs)$/.test(key)),
  );
}

async function addresses(service: string): Promise<string[]> {
  const { status } = await labJson<{ status: { loadBalancer: { ingress: { ip: string }[] } } }>(
    ...["kubectl", "get", "service", service, "-n", "esddns-development", "-o", "json"],
  );
  return status.loadBalancer.ingress.map(({ ip }) => ip);
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
