/** The router's own word, told by a real miniupnpd: a vote like others, and what shows a second translation. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lan, projectDir, wan } from "@esddns/lab";
import type { Condition, Vote } from "@esddns/common/api";
import { curl, dig, eventually, lab, labJson, labOk, stackOutputs } from "./lab.ts";

const namespace = "esddns-development";
const record = "home.example.com";
const source = `nat-pmp:${lan.router.ipv4}`;
/** Each is had once: an address that is come back to is followed only every other minute. */
const moved = "198.51.100.101";
const unheard = "198.51.100.102";
const settled = "198.51.100.103";
/** RFC 6598: what a provider gives to a router whose address it translates. */
const ofTheProvider = "100.64.0.20";
/** A node that has just looked five times in a row looks once a minute. */
const patienceMs = 120_000;

beforeAll(async () => {
  await labOk("trouble", "off");
  await labOk("wan", wan.initialIpv4, wan.initialPrefix);
  await recordIs(wan.initialIpv4);
  await lookNow();
});

afterAll(async () => {
  await labOk("trouble", "off");
  await labOk("wan", wan.initialIpv4, wan.initialPrefix);
  await recordIs(wan.initialIpv4);
});

test("both nodes hear from the router which address it has: a vote of its own, and never an authenticated one", async () => {
  await routerSays({ outcome: "Ok", address: wan.initialIpv4 });
  expect((await routerVotes()).map(({ organisation, family }) => `${organisation} ${family}`)).toEqual([
    "router IPv4",
    "router IPv4",
  ]);
});

test("another client of the protocol is told the same", async () => {
  const told = await labOk("exec", lan.client.name, "natpmpc", "-g", lan.router.ipv4);
  expect(told).toContain(`Public IP address : ${wan.initialIpv4}`);
});

test("the operator's client of the Port Control Protocol gets it from a node, and leaves no mapping behind", async () => {
  const told = await labJson<unknown>(
    "exec",
    lan.node1.name,
    process.execPath,
    "--input-type=module",
    "-e",
    ASK_BY_PCP,
  );
  expect(told).toMatchObject({ ok: true, address: wan.initialIpv4 });
  expect(await mappings()).not.toContain("dnat");
});

test("an address that the router has itself is not behind another NAT", async () => {
  await behindNat({ status: "False", reason: "RouterHasTheAddress" });
  expect(await behindNatColumn()).toBe("False");
  const { stdout } = await lab(["doctor", namespace]);
  expect(stdout).toMatch(/✓ Router: the router answers: nat-pmp 2 of 2/);
});

test("it tells a new address as soon as the line has one", async () => {
  await labOk("wan", moved);
  await recordIs(moved);
  await routerSays({ outcome: "Ok", address: moved });
  await behindNat({ status: "False", reason: "RouterHasTheAddress" });
});

test("alone it changes nothing: an address that nobody else tells is not published", async () => {
  // The provider still tells the router its address; nothing gets any further.
  await labOk("trouble", "offline", "on");
  await labOk("wan", unheard);
  await lookNow();
  await routerSays({ outcome: "Ok", address: unheard });
  await eventually(async () => {
    expect(await condition("Agreed")).toMatchObject({ status: "False", reason: "TooFewOrganisations" });
  }, patienceMs);
  expect((await wanAddress()).status).toMatchObject({ ipv4: moved });
  // Nor is that a second NAT: with nobody else's word there is nothing to compare it with.
  await behindNat({ status: "False" });
  await labOk("trouble", "offline", "off");
  await recordIs(unheard);
});

test("a provider that translates once more is found out, by the router's address beside the one that the internet sees", async () => {
  await labOk("trouble", "cgnat", "on");
  await recordIs(wan.sharedIpv4);
  await lookNow();
  await routerSays({ outcome: "Ok", address: unheard });
  await behindNat({ status: "True", reason: "AddressesDiffer" });
  const { message } = await condition("BehindNAT");
  for (const address of [source, unheard, wan.sharedIpv4]) expect(message).toContain(address);
});

test("kubectl, the page, /raw, an event and the doctor say so", async () => {
  expect(await behindNatColumn()).toBe("True");
  const { statusUrl } = await stackOutputs();
  await eventually(async () => {
    const page = await curl(String(statusUrl));
    for (const words of ["Behind another NAT.", "AddressesDiffer", "router, NAT-PMP"]) expect(page).toContain(words);
  });
  const raw = JSON.parse(await curl(`${String(statusUrl)}raw`)) as RawDocument;
  expect(raw.wan.status.conditions).toContainEqual(expect.objectContaining({ type: "BehindNAT", status: "True" }));
  expect(raw.observations.flatMap(({ votes }) => votes)).toContainEqual(
    expect.objectContaining({ source, address: unheard, authenticated: false }),
  );
  await eventually(async () => {
    const events = await labOk("kubectl", "get", "events", "-n", namespace, "-o", "json");
    expect(events).toContain('"AddressesDiffer"');
  });
  expect((await lab(["doctor", namespace])).stdout).toMatch(/! WAN address: .*BehindNAT is True \(AddressesDiffer\)/);
});

test("an address of 100.64.0.0/10 is called what it is, and is no candidate for DNS", async () => {
  await labOk("wan", ofTheProvider);
  // Nobody outside sees a difference, so nothing but a full round finds it.
  await lookNow();
  await routerSays({ outcome: "Implausible", address: ofTheProvider });
  await behindNat({ status: "True", reason: "CarrierGradeNAT" });
  expect(await dig(record, "A")).toEqual([wan.sharedIpv4]);
});

test("once the home has a public address again, the condition says so", async () => {
  await labOk("wan", settled);
  await labOk("trouble", "cgnat", "off");
  await recordIs(settled);
  await lookNow();
  await behindNat({ status: "False", reason: "RouterHasTheAddress" });
});

/** Prints what became of the question, as JSON. */
const ASK_BY_PCP = `
  import { systemClock } from ${JSON.stringify(join(projectDir, "operator/src/runtime/clock.ts"))};
  import { pcpAddress } from ${JSON.stringify(join(projectDir, "operator/src/router/pcp.ts"))};
  const options = { clock: systemClock, signal: new AbortController().signal, timeoutMs: 5000 };
  process.stdout.write(JSON.stringify(await pcpAddress(${JSON.stringify(lan.router.ipv4)}, options)));
`;

/** The router's table, with a rule for each port that is mapped. */
function mappings(): Promise<string> {
  return labOk("exec", lan.router.name, "nft", "list", "table", "inet", "upnp");
}

interface RawDocument {
  readonly wan: { readonly status: { readonly conditions: readonly Condition[] } };
  readonly observations: readonly { readonly votes: readonly Vote[] }[];
}

interface WanAddress {
  readonly status: { readonly ipv4?: string; readonly conditions: readonly Condition[] };
}

function wanAddress(): Promise<WanAddress> {
  return labJson("kubectl", "get", "wan", "wan", "-n", namespace, "-o", "json");
}

async function condition(type: string): Promise<Condition> {
  const found = (await wanAddress()).status.conditions.find((one) => one.type === type);
  return found ?? expect.unreachable(`no condition ${type}`);
}

async function behindNat(wanted: Partial<Condition>): Promise<void> {
  await eventually(async () => {
    expect(await condition("BehindNAT")).toMatchObject(wanted);
  }, patienceMs);
}

/** What `kubectl get wan` shows of it. */
async function behindNatColumn(): Promise<string | undefined> {
  const table = await labOk("kubectl", "get", "wan", "wan", "-n", namespace);
  const [header = "", row = ""] = table.split("\n");
  return row.slice(header.indexOf("BEHINDNAT")).split(" ")[0];
}

/** One vote of each node. */
async function routerVotes(): Promise<Vote[]> {
  const { items } = await labJson<{ items: { votes: Vote[] }[] }>(
    ...["kubectl", "get", "wanobservations", "-n", namespace, "-o", "json"],
  );
  return items.flatMap(({ votes }) => votes.filter((vote) => vote.source === source));
}

/** On both nodes. */
async function routerSays(said: Partial<Vote>): Promise<void> {
  await eventually(async () => {
    const word = { ...said, transport: "nat-pmp", authenticated: false };
    expect(await routerVotes()).toMatchObject([word, word]);
  }, patienceMs);
}

/** Every node looks at once. */
async function lookNow(): Promise<void> {
  await labOk("kubectl", "annotate", "-n", namespace, "wan/wan", "--overwrite", `esddns.io/probe=${Date.now()}`);
}

async function recordIs(ipv4: string): Promise<void> {
  await eventually(async () => {
    expect(await dig(record, "A")).toEqual([ipv4]);
  }, 180_000);
}
