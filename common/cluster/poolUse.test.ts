import { describe, expect, it } from "vitest";
import { familyUses, poolCounts, useInWords } from "./poolUse.ts";

/** Returns the uses for a status that MetalLB writes as JSON. */
const uses = (status: string) => {
  const counts = poolCounts.parse(JSON.parse(status));
  return counts === undefined ? [] : familyUses(counts);
};

describe("the use of a pool", () => {
  it("is told by family, of those that the pool has", () => {
    const status = '{"assignedIPv4":1,"availableIPv4":3,"assignedIPv6":0,"availableIPv6":0}';
    expect(uses(status)).toEqual([{ family: "IPv4", assigned: 1, available: 3 }]);
    expect(uses(status).map(useInWords)).toEqual(["IPv4 1 of 4 in use"]);
  });

  it("is not known where an older MetalLB has followed one that counted: that is not a full pool", () => {
    expect(poolCounts.parse({})).toBeUndefined();
    expect(poolCounts.parse({ assignedIPv4: 0, assignedIPv6: 0, availableIPv4: 0, availableIPv6: 0 })).toBeDefined();
  });

  it.each([
    ["the largest count that MetalLB knows", "9223372036854775806"],
    ["a sum that has overflowed", "-9223372036854775553"],
  ])("is readable where IPv6 has more addresses than can be counted: %s", (_name, available) => {
    const all = uses(`{"assignedIPv4":4,"availableIPv4":0,"assignedIPv6":1,"availableIPv6":${available}}`);
    expect(all.map(useInWords)).toEqual(["IPv4 4 of 4 in use", "IPv6 1 of more than 2^53 in use"]);
    expect(all.map((use) => use.available > 0)).toEqual([false, true]);
  });
});
