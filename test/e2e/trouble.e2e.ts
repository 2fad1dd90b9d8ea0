import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { gandiControl, gandiTokenFile, lie } from "@esddns/lab";
import { dig, eventually, lab, labJson, labOk } from "./lab.ts";
import { goodToken, storeToken } from "./token.ts";

const record = "home.example.com";
const namespace = "esddns-development";
const firstAddress = "198.51.100.20";
/** As long as a holder of the lease that is not heard of is waited for, milliseconds. */
const LEASE_MS = 15_000;
/** Each address is had once: one that is come back to again and again is followed only every other minute. */
let changes = 0;
const address = () => (changes === 0 ? firstAddress : `198.51.100.${80 + changes}`);

beforeAll(async () => {
  await labOk("trouble", "off");
  await labOk("wan", firstAddress, "2001:db8:100::/64");
  await recordIs(firstAddress);
});

afterEach(async () => {
  await labOk("trouble", "off");
  await recordIs(address());
});

afterAll(async () => {
  await labOk("wan", firstAddress);
  await recordIs(firstAddress);
});

test.each(["stun-liar", "stun-delay", "packet-loss"])(
  "a new address reaches DNS in spite of %s, and no wrong one is ever written",
  async (trouble) => {
    await gandiControl().clearRequests();
    await labOk("trouble", trouble, "on");
    expect(await labOk("status")).toContain(trouble);
    await recordIs(await newAddress());
    await nothingWrongWritten();
  },
);

test("who answers all STUN on the path delays a new address, is named as a dispute, and gets nothing written", async () => {
  await gandiControl().clearRequests();
  await labOk("trouble", "stun-spoofed", "on");
  const former = address();
  const latest = await newAddress();
  await eventually(async () => {
    expect(await condition("wan", "Agreed")).toMatchObject({ status: "False", reason: "Disputed" });
  });
  expect(await dig(record, "A")).toEqual([former]);
  await nothingWrongWritten();
  await labOk("trouble", "off");
  await recordIs(latest);
});

test.each(["portal-certificate", "portal-html", "portal-redirect"])(
  "%s is seen in the votes, gets nothing wrong written, and keeps no new address from DNS once it is gone",
  async (trouble) => {
    await gandiControl().clearRequests();
    await labOk("trouble", trouble, "on");
    const latest = await newAddress();
    await eventually(async () => {
      const votes = await labOk("kubectl", "get", "wanobservations", "-n", namespace, "-o", "json");
      expect(votes).toMatch(/"outcome": "(TlsFailed|Malformed|Refused)"/);
    });
    await nothingWrongWritten();
    await labOk("trouble", "off");
    await recordIs(latest);
  },
);

test("an expired token leaves the record as it is and says so, and a new address goes out once the Secret holds a good one", async () => {
  const expired = await goodToken();
  const renewed = randomBytes(20).toString("hex");
  try {
    await writeFile(gandiTokenFile, renewed, { mode: 0o600 });
    const former = address();
    const latest = await newAddress();
    await eventually(async () => {
      expect(await condition("dnsrecords", "Synced")).toMatchObject({ status: "False", reason: "TokenRefused" });
    });
    expect(await dig(record, "A")).toEqual([former]);
    await storeToken(namespace, renewed);
    await recordIs(latest);
  } finally {
    await writeFile(gandiTokenFile, expired, { mode: 0o600 });
    await storeToken(namespace, expired);
  }
});

test.each(["api-dead", "api-hangs"])(
  "%s: the record stays as it was, no pod is restarted for it, and a change during it goes out afterwards",
  async (trouble) => {
    const restarts = await podRestarts();
    await labOk("trouble", trouble, "on");
    const former = address();
    const latest = await newAddress();
    // Longer than the lease lasts: its holder has to give it up by itself, since nobody can tell it to.
    await delay(LEASE_MS);
    expect(await dig(record, "A")).toEqual([former]);
    await labOk("trouble", trouble, "off");
    await recordIs(latest);
    expect(await podRestarts()).toEqual(restarts);
  },
);

test("a trouble that does not exist is refused, with those that do", async () => {
  const { status, stderr } = await lab(["trouble", "plague", "on"]);
  expect(status).toBe(2);
  expect(stderr).toMatch(/plague.*stun-liar/s);
});

async function newAddress(): Promise<string> {
  changes++;
  await labOk("wan", address());
  return address();
}

async function recordIs(ipv4: string): Promise<void> {
  await eventually(async () => {
    expect(await dig(record, "A")).toEqual([ipv4]);
  }, 180_000);
}

async function nothingWrongWritten(): Promise<void> {
  const writes = (await gandiControl().requests()).filter(({ method }) => method === "PUT");
  const liePrefix = lie.ipv6.slice(0, lie.ipv6.indexOf("::"));
  for (const wrong of [lie.ipv4, liePrefix]) expect(JSON.stringify(writes)).not.toContain(wrong);
}

/** Pod → how often its container was restarted. */
async function podRestarts(): Promise<Record<string, number>> {
  const { items } = await labJson<{
    items: { metadata: { name: string }; status: { containerStatuses?: { restartCount: number }[] } }[];
  }>("kubectl", "get", "pods", "-n", namespace, "-o", "json");
  return Object.fromEntries(
    items.map(({ metadata, status }) => [metadata.name, status.containerStatuses?.[0]?.restartCount ?? 0]),
  );
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

async function condition(kind: string, type: string): Promise<Condition | undefined> {
  const list = await labJson<{ items: { status?: { conditions?: Condition[] } }[] }>(
    ...["kubectl", "get", kind, "-n", namespace, "-o", "json"],
  );
  return list.items[0]?.status?.conditions?.find((each) => each.type === type);
}
