import { readableRanges } from "@esddns/common/ip";
import { describe, expect, it } from "vitest";
import {
  foreignAddress,
  loadBalancerIp,
  poolOutput,
  recordOutputs,
  statusUrl,
  storedRecords,
  wanOutputs,
} from "./outputs.ts";

describe("outputs", () => {
  it("are null before there is anything to tell", () => {
    expect(loadBalancerIp(null, undefined)).toBeNull();
    expect(statusUrl(null)).toBeNull();
    expect(wanOutputs(null)).toEqual({ wanIp: null, wanIpv4: null, wanIpv6: null });
    expect(recordOutputs({ zone: "example.com", name: "home", types: ["A"], ttl: 300 }, null)).toEqual([
      { fqdn: "home.example.com", type: "A", value: null, synced: false },
    ]);
  });

  it("know an IPv6 world too", () => {
    expect(loadBalancerIp({ conditions: [], loadBalancer: { ingress: [{ ip: "fd00::1" }] } } as never, undefined)).toBe(
      "fd00::1",
    );
    expect(statusUrl("fd00::1")).toBe("http://[fd00::1]/");
    expect(wanOutputs({ ipv6: "2001:db8::1" })).toEqual({
      wanIp: "2001:db8::1",
      wanIpv4: null,
      wanIpv6: "2001:db8::1",
    });
  });

  it("know a node's address, which another load balancer has written, from one that MetalLB gave", () => {
    const service = (...ips: string[]) => ({ loadBalancer: { ingress: ips.map((ip) => ({ ip })) } }) as never;
    const pools = readableRanges(["192.168.1.100-192.168.1.110", "fd00:1::/120"]);
    expect(loadBalancerIp(service("192.168.1.11", "192.168.1.12"), pools)).toBeNull();
    expect(foreignAddress(service("192.168.1.11", "192.168.1.12"), pools)).toMatch(
      /192\.168\.1\.11, 192\.168\.1\.12, which is in no address pool.*ServiceLB/,
    );
    expect(loadBalancerIp(service("192.168.1.11", "fd00:1::5"), pools)).toBe("fd00:1::5");
    expect(loadBalancerIp(service("192.168.1.11"), undefined)).toBe("192.168.1.11");
    for (const [ips, known] of [
      [["192.168.1.11", "192.168.1.101"], pools],
      [[], pools],
      [["192.168.1.11"], undefined],
    ] as const)
      expect(foreignAddress(service(...ips), known)).toBeUndefined();
  });

  it("do not call a record synced that is only planned by now", () => {
    const config = { zone: "example.com", name: "home", types: ["A" as const], ttl: 300 };
    const stored = [{ fqdn: "home.example.com", type: "A" as const, value: "198.51.100.20", synced: true }];
    expect(storedRecords([{ config, dryRun: true }], stored)).toEqual([{ ...stored[0], synced: false }]);
    expect(storedRecords([{ config, dryRun: false }], stored)).toEqual(stored);
  });

  it("count pools that are larger than a double counts exactly, in numbers that JSON keeps", () => {
    const pool = { name: "p", addresses: [{ canonical: "fd00::/64" }], capacity: 1n << 64n };
    const status = { assignedIPv4: 0, assignedIPv6: 1, availableIPv4: 0, availableIPv6: 2 ** 63 };
    const output = poolOutput(pool, status);
    expect(JSON.parse(JSON.stringify(output))).toEqual({
      ...{ name: "p", addresses: ["fd00::/64"] },
      ...{ capacity: 2 ** 64, assigned: 1, available: 2 ** 63 },
    });
  });

  it("do not know the use of a pool where MetalLB does not count, or no longer", () => {
    const pool = { name: "p", addresses: [{ canonical: "192.168.1.100" }], capacity: 1n };
    for (const status of [null, {}]) {
      expect(poolOutput(pool, status)).toMatchObject({ capacity: 1, assigned: null, available: null });
    }
  });
});
