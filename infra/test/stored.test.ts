/** Without live reads: what is observed comes from the outputs that the stack stored last. */
import { describe, expect, it } from "vitest";
import type { StackOutputs } from "../stackOutputs.ts";
import { CONFIG, IMAGE, runProgram } from "./testing.ts";

const config = { ...CONFIG, observeLive: false };

/** As a live up has stored it, after the address moved; the owned objects still have the status of their last write. */
const STORED: StackOutputs = {
  loadBalancerIp: "192.168.1.107",
  statusUrl: "http://192.168.1.107/",
  wanIp: "203.0.113.99",
  wanIpv4: "203.0.113.99",
  wanIpv6: "2001:db8::99",
  wanAddressId: "esddns-production/wan",
  namespace: "esddns-production",
  records: [
    { fqdn: "home.example.com", type: "A", value: "203.0.113.99", synced: true },
    { fqdn: "home.example.com", type: "AAAA", value: "2001:db8:99::10", synced: false },
    { fqdn: "example.com", type: "A", value: "203.0.113.99", synced: true },
  ],
  pools: [
    { name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.110"], capacity: 11, assigned: 3, available: 8 },
    { name: "second", addresses: ["10.0.0.96/28"], capacity: 16, assigned: null, available: null },
  ],
  metallb: { version: "0.15.3", namespace: "metallb-system" },
  operatorImage: IMAGE,
  live: true,
};

describe.each([
  ["a preview", true],
  ["an up", false],
])("%s without live reads", (_run, preview) => {
  it.each([
    ["on Pulumi Cloud", { organization: "home" }, "home/esddns/production"],
    ["on a backend of one's own", {}, "production"],
  ])("reads nothing of the cluster, but the outputs of this very stack %s", async (_where, backend, name) => {
    const { resources } = await runProgram(config, { preview, stored: { ...STORED }, ...backend });
    const reads = resources.filter(({ readId }) => readId !== undefined);
    expect(reads.map(({ type, readId }) => [type, readId])).toEqual([["pulumi:pulumi:StackReference", name]]);
  });

  it("works before anything was stored: what is observed is null", async () => {
    const { outputs } = await runProgram(config, { preview });
    expect(outputs).toMatchObject({
      ...{ wanIp: null, wanIpv4: null, wanIpv6: null, loadBalancerIp: null, statusUrl: null, live: false },
      ...{ namespace: "esddns-production", wanAddressId: "esddns-production/wan" },
      records: STORED.records.map((record) => ({ ...record, value: null, synced: false })),
      pools: STORED.pools.map((pool) => ({ ...pool, assigned: null, available: null })),
    });
  });

  it("keeps what was stored as a secret one", async () => {
    const { outputs, secretOutputs } = await runProgram(config, {
      ...{ preview, stored: { ...STORED } },
      storedSecrets: ["loadBalancerIp", "statusUrl", "records", "pools"],
    });
    expect(outputs.loadBalancerIp).toBe("192.168.1.107");
    expect([...secretOutputs].sort()).toEqual(["loadBalancerIp", "pools", "records", "statusUrl"]);
  });
});

it("makes a secret of what was stored before its key was encrypted", async () => {
  const { outputs, secretOutputs } = await runProgram(config, { stored: { ...STORED }, secrets: ["service"] });
  expect(outputs.statusUrl).toBe(STORED.statusUrl);
  expect([...secretOutputs].sort()).toEqual(["loadBalancerIp", "statusUrl"]);
});

it("says that nothing is synced where the config only plans by now", async () => {
  const { outputs } = await runProgram({ ...config, dryRun: true }, { stored: { ...STORED } });
  expect(outputs.records).toEqual(STORED.records.map((record) => ({ ...record, synced: false })));
});

it("changes no output but live where the config is unchanged", async () => {
  const { outputs, secretOutputs } = await runProgram(config, { stored: { ...STORED } });
  expect(outputs).toEqual({ ...STORED, live: false });
  expect(secretOutputs).toEqual([]);
});

it("shows what the config changes, and what is observed of the rest by name and type", async () => {
  const change = {
    records: [
      { zone: "example.com", name: "@", types: ["A", "AAAA"], ipv6Suffix: "::10" },
      { zone: "example.com", name: "home" },
    ],
    pools: [
      { name: "third", addresses: ["10.0.1.1"] },
      { name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.111"] },
    ],
  };
  const { outputs } = await runProgram({ ...config, ...change }, { stored: { ...STORED }, preview: true });
  expect(outputs.records).toEqual([
    { fqdn: "example.com", type: "A", value: "203.0.113.99", synced: true },
    { fqdn: "example.com", type: "AAAA", value: null, synced: false },
    { fqdn: "home.example.com", type: "A", value: "203.0.113.99", synced: true },
  ]);
  expect(outputs.pools).toEqual([
    { name: "third", addresses: ["10.0.1.1/32"], capacity: 1, assigned: null, available: null },
    { name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.111"], capacity: 12, assigned: 3, available: 8 },
  ]);
});

it.each([
  ["without live reads", false],
  ["with live reads, where the cluster was not looked at", true],
])("knows the adopted MetalLB as the last up saw it, %s: version and annotations stay", async (_run, observeLive) => {
  const metallb = { version: "0.14.5", namespace: "metallb-system" };
  const adopter = { ...config, observeLive, shared: "adopt", checks: { whenUnreachable: "Off" } };
  const program = await runProgram(adopter, { preview: true, stored: { ...STORED, metallb } });
  expect(program.outputs.metallb).toEqual(metallb);
  const { inputs } = program.one("kubernetes:core/v1:Service", "page-service");
  expect(inputs.metadata?.annotations).toMatchObject({ "metallb.universe.tf/loadBalancerIPs": "192.168.1.100" });
  expect(program.outputs.live).toBe(observeLive);
});
