import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalValue, joinPrefix, sameValues } from "./addresses.ts";

/** Writes 128 bits as eight full groups of hexadecimal digits, a notation that the tested code never writes. */
function full(bits: bigint): string {
  const digits = bits.toString(16).padStart(32, "0");
  return digits.match(/.{4}/g)?.join(":") ?? "";
}

describe("prefix and suffix", () => {
  test.each([
    ["2001:db8:100::/64", "::10", "2001:db8:100::10"],
    ["2001:db8:100::/64", "::a:b:c:d", "2001:db8:100:0:a:b:c:d"],
    ["2001:db8:100::/64", "0:0:0:0:8000::1", "2001:db8:100:0:8000::1"],
    ["2001:db8:100::/64", "::192.0.2.1", "2001:db8:100::c000:201"],
    ["2001:db8:100::/56", "0:0:0:12::1", "2001:db8:100:12::1"],
    ["2001:db8:100:ff00::/56", "0:0:0:12::1", "2001:db8:100:ff12::1"],
    ["2001:db8:100::dead:beef/64", "::1", "2001:db8:100::1"],
    ["2001:DB8::/32", "0:0:1::1", "2001:db8:1::1"],
    ["::/0", "::1", "::1"],
    ["2001:db8::1/128", "::", "2001:db8::1"],
  ])("%s and %s make %s", (prefix, suffix, address) => {
    expect(joinPrefix(prefix, suffix)).toEqual({ address });
  });

  test.each([
    ["2001:db8:100::/64", "0:0:0:1::10", "first 64 bits"],
    ["2001:db8:100::/64", "2001:db8:100::10", "first 64 bits"],
    ["2001:db8:100::/56", "0:0:0:100::1", "first 56 bits"],
    ["2001:db8::/128", "::1", "first 128 bits"],
    ["2001:db8::", "::1", "not an IPv6 prefix"],
    ["2001:db8::/129", "::1", "not an IPv6 prefix"],
    ["2001:db8::/", "::1", "not an IPv6 prefix"],
    ["192.0.2.0/24", "::1", "not an IPv6 prefix"],
    ["2001:db8::/64", "10", "not an IPv6 address"],
    ["2001:db8::/64", "::1%eth0", "not an IPv6 address"],
    ["2001:db8::/64", "", "not an IPv6 address"],
  ])("%s and %s do not fit", (prefix, suffix, problem) => {
    expect(joinPrefix(prefix, suffix)).toEqual({ problem: expect.stringContaining(problem) as string });
  });

  test("every bit comes from the one or the other, for every length", () => {
    const bits128 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
    fc.assert(
      fc.property(bits128, bits128, fc.integer({ min: 0, max: 128 }), (network, host, length) => {
        const hostMask = (1n << BigInt(128 - length)) - 1n;
        const expected = full((network & ~hostMask) | (host & hostMask));
        expect(joinPrefix(`${full(network)}/${length}`, full(host & hostMask))).toEqual({
          address: canonicalValue(expected),
        });
        const overlaps = (host & ~hostMask) !== 0n;
        expect("problem" in joinPrefix(`${full(network)}/${length}`, full(host))).toBe(overlaps);
      }),
    );
  });
});

describe("values", () => {
  test.each([
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8::0001", "2001:db8::1"],
    ["192.0.2.1", "192.0.2.1"],
    ["Host.Example.", "host.example."],
    ["192.0.2.01", "192.0.2.01"],
  ])("%s in one form is %s", (value, canonical) => {
    expect(canonicalValue(value)).toBe(canonical);
  });

  test("are compared as sets, whatever order and notation", () => {
    expect(sameValues(["2001:db8::1", "192.0.2.1"], ["192.0.2.1", "2001:DB8:0::1", "192.0.2.1"])).toBe(true);
    expect(sameValues(["192.0.2.1"], ["192.0.2.2"])).toBe(false);
    expect(sameValues(["192.0.2.1"], ["192.0.2.1", "192.0.2.2"])).toBe(false);
    expect(sameValues(["192.0.2.1", "192.0.2.2"], ["192.0.2.1"])).toBe(false);
    expect(sameValues([], ["192.0.2.1"])).toBe(false);
  });
});
