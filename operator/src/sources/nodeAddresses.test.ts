import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { silentLog, virtualClock } from "../runtime/testing.ts";
import type { NodeAddresses } from "./nodeAddresses.ts";
import { nodeVotes, ownAddress } from "./nodeAddresses.ts";
import { createPlausibility } from "@esddns/common/ip";
import { spec } from "../decide/testing.ts";

const signal = new AbortController().signal;
const plausibility = createPlausibility({ allowNonGlobal: [], excluded: ["8.8.4.0/24"] });
const limits = { deadlineMs: 5000, retransmission: { rtoMs: 500, transmissions: 4, lastWaitFactor: 3 } };

function ask(overrides: Partial<NodeAddresses>, settings = spec(), lines: string[] = [], clock = virtualClock()) {
  const node: NodeAddresses = {
    name: "node1",
    externalIps: () => Promise.resolve([]),
    ownAddress: () => Promise.resolve(undefined),
    ...overrides,
  };
  return nodeVotes(node, settings, plausibility, limits, { clock, log: silentLog(lines) }, signal);
}

describe("votes of the node's own addresses", () => {
  it("is nothing for a node behind a NAT, as most are", async () => {
    const own: NodeAddresses["ownAddress"] = (family) =>
      Promise.resolve(family === "IPv4" ? "192.168.1.11" : "fd00::11");
    expect(await ask({ ownAddress: own }, spec({ hostNetwork: true }))).toEqual([]);
  });

  it("is a vote for each ExternalIP, never authenticated", async () => {
    expect(await ask({ externalIps: () => Promise.resolve(["9.9.9.9", "2606:4700:0::1"]) })).toEqual(
      [
        { family: "IPv4", address: "9.9.9.9" },
        { family: "IPv6", address: "2606:4700::1" },
      ].map((said) => ({
        ...said,
        source: "node:node1",
        organisation: "node",
        transport: "node",
        authenticated: false,
        outcome: "Ok",
      })),
    );
  });

  it("does not count where it cannot be the WAN address, and is left out in a family that nobody looks for", async () => {
    const externalIps = (): Promise<string[]> => Promise.resolve(["10.0.0.1", "8.8.4.4", "2606:4700::1", "gateway"]);
    expect(await ask({ externalIps }, spec({ families: ["IPv4"] }))).toMatchObject([
      { address: "10.0.0.1", outcome: "Implausible" },
      { address: "8.8.4.4", outcome: "Implausible" },
    ]);
  });

  it("has the node's own global address on the host's network, and only there", async () => {
    const own: NodeAddresses["ownAddress"] = (family) => Promise.resolve(family === "IPv4" ? "9.9.9.9" : undefined);
    expect(await ask({ ownAddress: own })).toEqual([]);
    expect(await ask({ ownAddress: own }, spec({ hostNetwork: true }))).toMatchObject([
      { source: "node:node1?own", organisation: "node", transport: "node", address: "9.9.9.9", outcome: "Ok" },
    ]);
  });

  it("costs no other vote when the API server refuses or hangs", async () => {
    const lines: string[] = [];
    const refused = ask({ externalIps: () => Promise.reject(new Error("forbidden")) }, spec(), lines);
    expect(await refused).toEqual([]);
    expect(lines).toEqual(["WARN The node's ExternalIP is not known"]);
    const clock = virtualClock();
    const hanging = ask({ externalIps: () => new Promise(() => undefined) }, spec(), [], clock);
    await clock.run(5000);
    expect(await hanging).toEqual([]);
  });
});

describe("ownAddress", () => {
  it.each(["IPv4", "IPv6"] as const)("%s: is an address of this machine, or none", async (family) => {
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);
    const own = await ownAddress(family);
    expect(own === undefined || addresses.includes(own)).toBe(true);
  });
});
