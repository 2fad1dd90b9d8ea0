import { describe, expect, it } from "vitest";
import { addressesIn, isIn } from "./ranges.ts";

describe("the addresses of a pool", () => {
  it.each([
    ["192.168.1.254-192.168.2.1", ["192.168.1.254", "192.168.1.255", "192.168.2.0", "192.168.2.1"]],
    ["10.0.0.101/30", ["10.0.0.100", "10.0.0.101", "10.0.0.102", "10.0.0.103"]],
    ["192.168.1.9", ["192.168.1.9"]],
    ["192.168.1.9/32", ["192.168.1.9"]],
    ["fd00::fffe - fd00::1:0", ["fd00::fffe", "fd00::ffff", "fd00::1:0"]],
    ["192.168.1.2-192.168.1.1", []],
    ["192.168.1.1-fd00::1", []],
    ["nonsense", []],
  ])("%s", (text, expected) => {
    expect(addressesIn(text, 10)).toEqual(expected);
    for (const address of expected) expect(isIn(text, address)).toBe(true);
    expect(isIn(text, "192.168.77.77")).toBe(false);
  });

  it("are not counted to the end of a large one", () => {
    expect(addressesIn("fd00::/64", 3)).toEqual(["fd00::", "fd00::1", "fd00::2"]);
    expect(isIn("fd00::/64", "fd00::ffff:ffff:ffff:ffff")).toBe(true);
    expect(isIn("fd00::/64", "fd00:0:0:1::")).toBe(false);
  });
});
