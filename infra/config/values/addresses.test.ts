import { parseRange, type AddressRange } from "@esddns/common/ip";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { capacity, widestPrefix } from "./addresses.ts";

const ipv6 = fc
  .array(fc.nat(0xffff), { minLength: 7, maxLength: 7 })
  .map((groups) => ["fd00", ...groups.map((group) => group.toString(16))].join(":"));

function read(text: string): AddressRange {
  const parsed = parseRange(text);
  if (!parsed.ok) throw new Error(`${text} ${parsed.wrong}`);
  return parsed.range;
}

describe("a pool's ranges", () => {
  it("have as many addresses as one can count, with and without those that end in .0 and .255", () => {
    fc.assert(
      fc.property(fc.nat(0xff_0000), fc.nat(1200), (start, more) => {
        const all = Array.from({ length: more + 1 }, (_, i) => start + i);
        const text = [all[0], all.at(-1)].map((n = 0) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`).join("-");
        expect(capacity(read(text), false)).toBe(BigInt(all.length));
        const tame = all.filter((n) => ![0, 255].includes(n & 255));
        expect(capacity(read(text), true)).toBe(BigInt(tame.length));
      }),
    );
    expect(capacity(read("fd00::/64"), true)).toBe(1n << 64n);
  });

  it("hold a network of the widest prefix and none that is wider", () => {
    fc.assert(
      fc.property(fc.nat(4000), fc.nat(4000), (start, more) => {
        const at = (n: number) => `10.0.${n >> 8}.${n & 255}`;
        const range = read(`${at(start)}-${at(start + more)}`);
        const length = widestPrefix(range);
        const inside = (bits: number) =>
          Array.from({ length: more + 1 }, (_, i) => start + i).some(
            (n) => n % 2 ** (32 - bits) === 0 && n + 2 ** (32 - bits) - 1 <= start + more,
          );
        expect(inside(length)).toBe(true);
        expect(inside(length - 1)).toBe(false);
      }),
    );
    fc.assert(
      fc.property(ipv6, fc.integer({ min: 8, max: 128 }), (ip, bits) => {
        expect(widestPrefix(read(`${ip}/${bits}`))).toBe(bits);
      }),
    );
  });
});
