import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inPrefix, isGlobalIpv6, parseWanIpv4, parseWanPrefix } from "./address.ts";
import { UsageError } from "../errors.ts";
import { lan, wan } from "../topology.ts";

describe("the router's IPv4 address", () => {
  it.each(["198.51.100.77", "100.64.3.4", "10.1.2.3"])("may be %s", (address) => {
    expect(parseWanIpv4(address)).toBe(address);
  });

  it.each([
    ["198.51.100", /not an IPv4 address/],
    ["2001:db8::1", /not an IPv4 address/],
    [wan.isp.ipv4, /provider's own router/],
    [wan.isp.alternateIpv4, /provider's STUN server/],
    [wan.sharedIpv4, /provider's address translation/],
    ["198.51.100.255", /provider's link/],
    ["192.168.1.9", /the LAN/],
    ["203.0.113.9", /internet's hosts/],
    ["10.244.7.1", /pods/],
    ["127.0.0.1", /cannot be a host's address/],
    ["239.1.1.1", /cannot be a host's address/],
  ])("cannot be %s, and the message says what would be right", (address, reason) => {
    expect(() => parseWanIpv4(address)).toThrow(UsageError);
    expect(() => parseWanIpv4(address)).toThrow(reason);
    expect(() => parseWanIpv4(address)).toThrow(/right would be/);
  });
});

describe("the provider's IPv6 prefix", () => {
  it("is written in its shortest form", () => {
    expect(parseWanPrefix("2001:0db8:0200:0::/64")).toBe("2001:db8:200::/64");
  });

  it.each([
    ["2001:db8:200::", /length 64/],
    ["2001:db8:200::/56", /length 64/],
    ["2001:db8:200::1/64", /right would be 2001:db8:200::\/64/],
    ["198.51.100.0/24", /not an IPv6 prefix/],
    ["2001:db8:200::/64/64", /not an IPv6 prefix/],
    ["fe80::%eth0/64", /not an IPv6 prefix/],
    ["fd00:1::/64", /not global unicast/],
    ["2001:db8:beef::/64", /internet's hosts/],
    [wan.ipv6, /provider's link/],
  ])("cannot be %s", (prefix, reason) => {
    expect(() => parseWanPrefix(prefix)).toThrow(UsageError);
    expect(() => parseWanPrefix(prefix)).toThrow(reason);
  });
});

describe("an address in the prefix", () => {
  it("ends as the host's own does", () => {
    expect(inPrefix("2001:db8:200::/64", lan.node1.ipv6)).toBe("2001:db8:200::11");
    expect(inPrefix("2001:db8:200::/64", "fd00::1:2:3:4")).toBe("2001:db8:200:0:1:2:3:4");
  });

  it("stays the same in the prefix that it is of", () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(fc.array(group, { minLength: 4, maxLength: 4 }), (groups) => {
        const text = groups.map((value) => value.toString(16)).join(":");
        const once = inPrefix("2001:db8:200::/64", `fd00:1:2:3:${text}`);
        expect(inPrefix("2001:db8:200::/64", once)).toBe(once);
        expect(isGlobalIpv6(once)).toBe(true);
      }),
    );
  });

  it("is told from the ones that are the LAN's own", () => {
    expect(isGlobalIpv6("2001:db8:100::11")).toBe(true);
    expect(isGlobalIpv6("fd00:192:168:1::11")).toBe(false);
    expect(isGlobalIpv6("fe80::1")).toBe(false);
    expect(isGlobalIpv6("192.168.1.11")).toBe(false);
  });
});
