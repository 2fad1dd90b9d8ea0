import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gandiControl, gandiTokenFile, lan } from "@esddns/lab";
import { curl, dig, eventually, lab, labJson, labOk, stackOutputs } from "./lab.ts";

const gandi = gandiControl();
const record = "home.example.com";
const firstAddress = "198.51.100.20";
const firstPrefix = "2001:db8:100::/64";

beforeAll(async () => {
  await gandi.clearFaults();
  await gandi.clearRequests();
  await labOk("wan", firstAddress, firstPrefix);
  await recordIs(firstAddress);
  await labOk("pulumi", "up", "--yes", "--skip-preview", "--non-interactive");
});

afterAll(async () => {
  await gandi.clearFaults();
});

/** Patient, because an address that comes back again and again is followed only every other minute. */
async function recordIs(ipv4: string): Promise<void> {
  await eventually(async () => {
    expect(await dig(record, "A")).toEqual([ipv4]);
  }, 180_000);
}

describe("the stack", () => {
  test("gives the status page an address that a MetalLB speaker answers for on the LAN", async () => {
    const { loadBalancerIp, statusUrl } = await stackOutputs();
    expect(loadBalancerIp).toMatch(/^192\.168\.1\.1\d\d$/);
    expect(await curl(String(statusUrl))).toContain(firstAddress);

    const neighbours = await labJson<{ dst: string; lladdr?: string }[]>("exec", "client", "ip", "-j", "neigh");
    const hardwareAddresses = await Promise.all([lan.node1, lan.node2].map((node) => hardwareAddress(node.name)));
    expect(hardwareAddresses).toContain(neighbours.find((n) => n.dst === loadBalancerIp)?.lladdr);
  });

  test("has the outputs that other stacks build on", async () => {
    const outputs = await stackOutputs();
    expect(outputs).toMatchObject({
      wanIp: firstAddress,
      wanIpv4: firstAddress,
      wanIpv6: null,
      namespace: "esddns-development",
      live: true,
      metallb: { version: "0.15.3", namespace: "metallb-system" },
      records: [
        { fqdn: record, type: "A", value: firstAddress, synced: true },
        { fqdn: record, type: "AAAA", value: "2001:db8:100::50", synced: true },
      ],
    });
    expect(outputs["operatorImage"]).toMatch(/@sha256:[0-9a-f]{64}$/);
    expect(outputs["pools"]).toMatchObject([{ name: "esddns-pool" }]);
  });

  test("does not change when nothing changed", async () => {
    const { status, stdout } = await lab(["pulumi", "preview", "--expect-no-changes", "--non-interactive"]);
    expect(status, stdout).toBe(0);
    expect(stdout).not.toContain("Outputs:");
    const again = await lab(["pulumi", "up", "--yes", "--expect-no-changes", "--non-interactive"]);
    expect(again.status, again.stdout).toBe(0);
  });

  test("keeps the token out of its state and out of the pods' specs", async () => {
    const token = (await readFile(gandiTokenFile, "utf8")).trim();
    expect(token.length).toBeGreaterThan(20);
    const encoded = Buffer.from(token).toString("base64");
    const state = await labOk("pulumi", "stack", "export");
    const pods = await labOk("kubectl", "get", "pods,daemonsets,deployments", "-A", "-o", "yaml");
    for (const text of [state, pods]) {
      expect(text).not.toContain(token);
      expect(text).not.toContain(encoded);
    }
  });

  test("runs pods that the restricted pod security standard admits", async () => {
    const pods = await labJson<{ items: { status: { phase: string } }[] }>(
      ...["kubectl", "get", "pods", "-n", "esddns-development", "-o", "json"],
    );
    expect(pods.items.length).toBeGreaterThanOrEqual(3);
    expect(pods.items.every((pod) => pod.status.phase === "Running")).toBe(true);
    const namespace = await labJson<{ metadata: { labels: Record<string, string> } }>(
      ...["kubectl", "get", "namespace", "esddns-development", "-o", "json"],
    );
    expect(namespace.metadata.labels["pod-security.kubernetes.io/enforce"]).toBe("restricted");
  });
});

describe("the status service", () => {
  test("answers as JSON, with the fields that the former system had", async () => {
    const { statusUrl } = await stackOutputs();
    const raw = JSON.parse(await curl(`${String(statusUrl)}raw`)) as Record<string, unknown>;
    expect(raw).toMatchObject({
      wan_ip_state: { IP: firstAddress, usable: true },
      record_state: { in_sync: true, record_data: { rrset_name: "home", rrset_type: "A", rrset_ttl: 300 } },
    });
  });

  test.each(["healthz", "readyz", "metrics"])("answers at /%s", async (path) => {
    const { statusUrl } = await stackOutputs();
    expect(await curl(`${String(statusUrl)}${path}`)).not.toBe("");
  });
});

describe("a new WAN address", () => {
  test("reaches DNS by itself, then the preview, then the outputs", async () => {
    await labOk("wan", "198.51.100.77");
    await recordIs("198.51.100.77");

    const preview = await labOk("pulumi", "preview", "--diff", "--non-interactive");
    expect(preview).toMatch(/wanIp\b.*"198\.51\.100\.20".*=>.*"198\.51\.100\.77"/);
    expect(await stackOutputs()).toMatchObject({ wanIp: firstAddress });

    await labOk("pulumi", "up", "--yes", "--skip-preview", "--non-interactive");
    expect(await stackOutputs()).toMatchObject({ wanIp: "198.51.100.77", wanIpv4: "198.51.100.77" });
  });

  test("of IPv6 moves the AAAA record to the new prefix and keeps its suffix", async () => {
    await labOk("wan", "198.51.100.77", "2001:db8:200::/64");
    await eventually(async () => {
      expect(await dig(record, "AAAA")).toEqual(["2001:db8:200::50"]);
    });
    expect(await dig(record, "A")).toEqual(["198.51.100.77"]);
  });

  test("leaves the record as it was while Gandi refuses, and reaches it when Gandi answers again", async () => {
    const before = await dig(record, "A");
    await gandi.addFault({ fault: "server-error-html" });
    await labOk("wan", "198.51.100.78");
    await eventually(async () => {
      const synced = await condition("dnsrecord", "Synced");
      expect(synced).toMatchObject({ status: "False" });
      expect(synced.message).not.toBe("");
    });
    expect(await dig(record, "A")).toEqual(before);

    await gandi.clearFaults();
    await recordIs("198.51.100.78");
  });

  test("is never written zone-wide, and other records of the zone stay as they are", async () => {
    const requests = await gandi.requests();
    expect(requests.length).toBeGreaterThan(0);
    for (const { method, target } of requests.filter((request) => request.method !== "GET")) {
      expect(`${method} ${target}`).toMatch(/^PUT \/v5\/livedns\/domains\/example\.com\/records\/home\/(A|AAAA)$/);
    }
    expect(await dig("www.example.com", "CNAME")).not.toEqual([]);
    expect(await dig("example.com", "MX")).not.toEqual([]);
  });
});

describe("kubectl", () => {
  test("shows address and records at a glance", async () => {
    const ipv4 = (await dig(record, "A"))[0];
    const table = await labOk("kubectl", "get", "wan,dnsrecords", "-n", "esddns-development");
    expect(table).toContain(record);
    expect(table).toContain(ipv4);
    await eventually(async () => {
      expect(await condition("wan", "Ready")).toMatchObject({ status: "True" });
      expect(await condition("dnsrecord", "Synced")).toMatchObject({ status: "True" });
    });
  });
});

interface ConditionRow {
  type: string;
  status: string;
  reason: string;
  message: string;
}

async function condition(kind: string, type: string): Promise<ConditionRow> {
  const list = await labJson<{ items: { status?: { conditions?: ConditionRow[] } }[] }>(
    ...["kubectl", "get", kind, "-n", "esddns-development", "-o", "json"],
  );
  const found = list.items[0]?.status?.conditions?.find((c) => c.type === type);
  if (found === undefined) throw new Error(`${kind} has no condition ${type} yet`);
  return found;
}

async function hardwareAddress(host: string): Promise<string> {
  const links = await labJson<{ address: string; link_type: string }[]>("exec", host, "ip", "-j", "link");
  const ethernet = links.find((link) => link.link_type === "ether");
  if (ethernet === undefined) throw new Error(`${host} has no Ethernet link`);
  return ethernet.address;
}
