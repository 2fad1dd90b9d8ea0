import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addressesOf,
  contains,
  describeRange,
  intersection,
  overlap,
  parseRange,
  type AddressRange,
} from "./ranges.ts";

const ipv4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map((octets) => `10.${octets.join(".")}`);
const ipv6 = fc
  .array(fc.nat(0xffff), { minLength: 7, maxLength: 7 })
  .map((groups) => ["fd00", ...groups.map((group) => group.toString(16))].join(":"));
const address = fc.oneof(ipv4, ipv6);

function read(text: string): AddressRange {
  const parsed = parseRange(text);
  if (!parsed.ok) throw new Error(`${text} ${parsed.wrong}`);
  return parsed.range;
}

describe("address ranges", () => {
  it("are their own canonical form", () => {
    const cidr = fc.oneof(
      fc.tuple(ipv4, fc.integer({ min: 8, max: 32 })),
      fc.tuple(ipv6, fc.integer({ min: 8, max: 128 })),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          address,
          cidr.map(([ip, bits]) => `${ip}/${bits}`),
        ),
        (text) => {
          const range = read(text);
          expect(read(range.canonical)).toEqual({ ...range, hostBitsSet: false });
        },
      ),
    );
  });

  it("of a CIDR hold its address and 2^(host bits) of them", () => {
    fc.assert(
      fc.property(ipv4, fc.integer({ min: 8, max: 32 }), (ip, bits) => {
        const range = read(`${ip}/${bits}`);
        expect(contains(range, read(ip))).toBe(true);
        expect(range.last - range.first + 1n).toBe(1n << BigInt(32 - bits));
        expect(range.hostBitsSet).toBe(range.first !== read(ip).first);
      }),
    );
  });

  it("run forwards or not at all", () => {
    fc.assert(
      fc.property(address, address, (a, b) => {
        const [first, last] = [read(a), read(b)];
        const forwards = first.family === last.family && first.first <= last.first;
        expect(parseRange(`${a}-${b}`).ok).toBe(forwards);
      }),
    );
  });

  it("overlap either way round, and with themselves", () => {
    fc.assert(
      fc.property(address, address, (a, b) => {
        expect(overlap(read(a), read(b))).toBe(overlap(read(b), read(a)));
        expect(overlap(read(a), read(a))).toBe(read(a).canonical.split("/")[0]);
      }),
    );
  });

  it("have in common what an interval of its own has", () => {
    fc.assert(
      fc.property(address, address, address, address, (a, b, c, d) => {
        const [one, two] = [sorted(a, b), sorted(c, d)];
        fc.pre(one !== undefined && two !== undefined);
        const common = intersection(one, two);
        expect(common && describeRange(common)).toBe(overlap(one, two));
        if (common === undefined) return;
        expect(read(common.canonical)).toEqual(common);
        expect(contains(one, common) && contains(two, common)).toBe(true);
      }),
    );
  });

  it("list their addresses, and not to the end of a large one", () => {
    expect(addressesOf(read("192.168.1.254-192.168.2.0"), 9)).toEqual([
      "192.168.1.254",
      "192.168.1.255",
      "192.168.2.0",
    ]);
    expect(addressesOf(read("fd00::/64"), 2)).toEqual(["fd00::", "fd00::1"]);
  });
});

function sorted(a: string, b: string): AddressRange | undefined {
  const parsed = [parseRange(`${a}-${b}`), parseRange(`${b}-${a}`)].find(({ ok }) => ok);
  return parsed?.ok === true ? parsed.range : undefined;
}
