import { describe, expect, it } from "vitest";
import { internet } from "../topology.ts";
import { accountZones, worldZones } from "./zones.ts";

const textOf = (name: string): string => worldZones().find((zone) => zone.name === name)?.text ?? "";

describe("worldZones", () => {
  it("puts every name into the zone under which it is registered, with both addresses", () => {
    expect(textOf("ipify.org").split("\n")).toEqual([
      "$ORIGIN ipify.org.",
      "@     10800 IN SOA   ns1.gandi.net. hostmaster.gandi.net. 1 10800 3600 604800 10800",
      "@     10800 IN NS    ns1.gandi.net.",
      "api.ipify.org. 300 IN A 203.0.113.21",
      "api.ipify.org. 300 IN AAAA 2001:db8:beef::21",
      "api6.ipify.org. 300 IN A 203.0.113.21",
      "api6.ipify.org. 300 IN AAAA 2001:db8:beef::21",
      "",
    ]);
  });

  it("gives the RFC 3489 server no IPv6 address", () => {
    expect(textOf("sipgate.net")).toContain(`stun.sipgate.net. 300 IN A ${internet.stunSipgate.ipv4}`);
    expect(textOf("sipgate.net")).not.toContain("AAAA");
  });

  it("leads every name of the home's own domain to the router, those of the internet too when they are put before it", () => {
    expect(textOf("house.example")).toContain("\n*.house.example. 300 IN A 192.168.1.1\n");
    expect(textOf("house.example")).toContain("\n*.house.example. 300 IN AAAA fd00:192:168:1::1\n");
  });

  it("has a root above that delegates every zone, the account's too", () => {
    const names = [...worldZones(), ...accountZones()].map(({ name }) => name).filter((name) => name !== "");
    for (const name of names) expect(textOf("")).toContain(`\n${name}. 10800 IN NS ns1.gandi.net.`);
  });
});

describe("accountZones", () => {
  it("has records of the owner beside the one that the operator will keep", () => {
    const [first, second] = accountZones();
    expect(first?.text).toContain("www   10800 IN CNAME home");
    expect(first?.text).not.toMatch(/^home/m);
    expect(second?.name).toBe("example.net");
  });
});
