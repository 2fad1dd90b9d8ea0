import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, it } from "vitest";
import type { Family } from "../api/index.ts";
import type { Address } from "./address.ts";
import { parseAddress, prefixOf } from "./address.ts";
import { createPlausibility, remembered } from "./plausibility.ts";
import { notGloballyReachable, SPECIAL_PURPOSE_BLOCKS } from "./specialPurpose.ts";

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
}

/** First and last address of a block. */
function ends(block: string): [string, string] {
  const [base, length] = ipaddr.parseCIDR(block);
  const bytes = base.toByteArray();
  const last = bytes.map((byte, i) => byte | (255 >> Math.min(8, Math.max(0, length - 8 * i))));
  return [base.toString(), ipaddr.fromByteArray(last).toString()];
}

describe("parseAddress", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["::ffff:192.0.2.1", "::ffff:c000:201"],
    ["::192.0.2.1", "::c000:201"],
    ["64:ff9b::8.8.8.8", "64:ff9b::808:808"],
  ])("%s is %s", (text, canonical) => {
    expect(parseAddress(text)?.text).toBe(canonical);
  });

  it.each([
    "",
    " 192.0.2.1",
    "192.0.2.1 ",
    "192.0.2",
    "0300.0.2.1",
    "192.0.2.01",
    "0xc0000201",
    "3221225985",
    "1.2.3.256",
  ])("not %j", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it.each(["fe80::1%eth0", "2001:db8::1::2", "[2001:db8::1]", "2001:db8::1/64", "12345::"])("not %j", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe("prefixOf", () => {
  it.each([
    ["2001:db8:100:1:aa::1", 64, "2001:db8:100:1::/64"],
    ["2001:db8:100:1ff:aa::1", 56, "2001:db8:100:100::/56"],
    ["2001:db8:1fff::1", 36, "2001:db8:1000::/36"],
    ["2001:db8::1", 128, "2001:db8::1/128"],
  ])("%s /%d: %s", (text, length, prefix) => {
    expect(prefixOf(text, length)).toBe(prefix);
  });
});

describe("the IANA special-purpose registries", () => {
  // Looks the first and the last address of each row up in the registries, including the more specific rows inside.
  const inside = (block: string, text: string): boolean => {
    const ip = ipaddr.parse(text);
    const cidr = ipaddr.parseCIDR(block);
    return cidr[0].kind() === ip.kind() && ip.match(cidr);
  };
  const byLength = (a: { block: string }, b: { block: string }): number =>
    Number(b.block.split("/")[1]) - Number(a.block.split("/")[1]);

  // Typed in apart from the table, so that a slip in either shows.
  it("have these rows that are globally reachable, and no others", () => {
    const reachable = SPECIAL_PURPOSE_BLOCKS.filter(({ globallyReachable }) => globallyReachable === true);
    expect(reachable.map(({ block }) => block)).toEqual([
      "192.0.0.9/32",
      "192.0.0.10/32",
      "192.31.196.0/24",
      "192.52.193.0/24",
      "192.175.48.0/24",
      "64:ff9b::/96",
      "2001:1::1/128",
      "2001:1::2/128",
      "2001:1::3/128",
      "2001:3::/32",
      "2001:4:112::/48",
      "2001:20::/28",
      "2001:30::/28",
      "2620:4f:8000::/48",
    ]);
    const unanswered = SPECIAL_PURPOSE_BLOCKS.filter(({ globallyReachable }) => globallyReachable === "N/A");
    expect(unanswered.map(({ block }) => block)).toEqual(["192.88.99.0/24", "2001::/32", "2001:10::/28", "2002::/16"]);
  });

  it.each(SPECIAL_PURPOSE_BLOCKS.flatMap((row) => ends(row.block).map((text) => [row.block, text] as const)))(
    "%s: %s",
    (_block, text) => {
      const rows = SPECIAL_PURPOSE_BLOCKS.filter(({ block }) => inside(block, text)).sort(byLength);
      // The last address of the translation prefix contains 255.255.255.255, which is no host's.
      const expected = rows[0]?.globallyReachable === true && !text.startsWith("64:ff9b::");
      expect(notGloballyReachable(address(text)) === undefined).toBe(expected);
    },
  );

  it.each([
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.0.9",
    "192.0.0.10",
    "192.0.1.0",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2000::1",
    "2001:1::1",
    "2001:1::3",
    "2001:3::1",
    "2001:4:112::1",
    "2001:20::1",
    "2001:3f:ffff::1",
    "2001:200::1",
    "2001:db9::1",
    "2003::1",
    "2620:4f:8000::1",
    "3ffe:ffff::1",
    "64:ff9b::808:808",
  ])("%s is globally reachable", (text) => {
    expect(notGloballyReachable(address(text))).toBeUndefined();
  });

  it.each([
    ["0.0.0.0", "0.0.0.0/32"],
    ["10.1.2.3", "10.0.0.0/8"],
    ["100.64.0.1", "100.64.0.0/10"],
    ["192.0.0.1", "192.0.0.0/29"],
    ["192.0.0.11", "192.0.0.0/24"],
    ["192.88.99.1", "192.88.99.0/24"],
    ["224.0.0.1", "224.0.0.0/4"],
    ["239.255.255.255", "224.0.0.0/4"],
    ["255.255.255.255", "255.255.255.255/32"],
    ["::ffff:8.8.8.8", "::ffff:0:0/96"],
    ["::8.8.8.8", "::/0"],
    ["64:ff9b::a00:1", "10.0.0.0/8"],
    ["64:ff9b:1::808:808", "64:ff9b:1::/48"],
    ["100::1", "100::/64"],
    ["100:0:0:1::1", "100:0:0:1::/64"],
    ["100:0:0:2::1", "::/0"],
    ["192.88.99.2", "192.88.99.2/32"],
    ["2001:2::1", "2001:2::/48"],
    ["2001:10::1", "2001:10::/28"],
    ["2001:db8:ffff::1", "2001:db8::/32"],
    ["5f00:ffff::1", "5f00::/16"],
    ["2001::1", "2001::/32"],
    ["2001:1::4", "2001::/23"],
    ["2002:808:808::1", "2002::/16"],
    ["3fff:fff::1", "3fff::/20"],
    ["4000::1", "::/0"],
    ["fec0::1", "::/0"],
    ["ff02::1", "ff00::/8"],
  ])("%s is not: %s", (text, block) => {
    expect(notGloballyReachable(address(text))?.block).toBe(block);
  });
});

describe("plausibility", () => {
  const rules = {
    allowNonGlobal: ["198.51.100.0/24", "10.0.0.8-10.0.0.11", "2001:db8::/32"],
    excluded: ["198.51.100.100-198.51.100.110", "203.0.114.7", "2001:db8:f::/48", "10.0.0.100/28"],
  };
  const plausibility = createPlausibility(rules);

  it.each<[string, Family, boolean]>([
    ["8.8.8.8", "IPv4", true],
    ["8.8.8.8", "IPv6", false],
    ["2606:4700::1", "IPv6", true],
    ["2606:4700::1", "IPv4", false],
    ["192.168.1.1", "IPv4", false],
    ["198.51.100.1", "IPv4", true],
    ["198.51.100.99", "IPv4", true],
    ["198.51.100.100", "IPv4", false],
    ["198.51.100.110", "IPv4", false],
    ["198.51.100.111", "IPv4", true],
    ["203.0.114.7", "IPv4", false],
    ["203.0.114.8", "IPv4", true],
    ["10.0.0.7", "IPv4", false],
    ["10.0.0.8", "IPv4", true],
    ["10.0.0.11", "IPv4", true],
    ["10.0.0.12", "IPv4", false],
    ["2001:db8::1", "IPv6", true],
    ["2001:db8:f::1", "IPv6", false],
    ["::ffff:198.51.100.1", "IPv6", false],
    ["::ffff:8.8.8.8", "IPv6", false],
  ])("%s as %s: %s", (text, family, plausible) => {
    expect(plausibility.judge(address(text), family).plausible).toBe(plausible);
  });

  it("gives the reason with the registry's words", () => {
    expect(plausibility.judge(address("100.64.1.1"), "IPv4")).toEqual({
      plausible: false,
      reason: "100.64.1.1 is not globally reachable: Shared Address Space, 100.64.0.0/10, RFC 6598",
    });
  });

  it("lets sources be contacted that are global or allowed, excluded or not", () => {
    expect(plausibility.mayContact(address("198.51.100.100")).plausible).toBe(true);
    expect(plausibility.mayContact(address("127.0.0.1")).plausible).toBe(false);
    expect(plausibility.mayContact(address("169.254.169.254")).plausible).toBe(false);
  });

  it("takes a network with host bits set for the whole network", () => {
    const { judge } = createPlausibility({ allowNonGlobal: ["10.0.0.100/28"], excluded: [] });
    expect(judge(address("10.0.0.96"), "IPv4").plausible).toBe(true);
    expect(judge(address("10.0.0.112"), "IPv4").plausible).toBe(false);
  });

  it("names the entries that mean nothing, and keeps the others", () => {
    const allowNonGlobal = ["10.0.0.0/33", "nonsense", "10.0.0.9-10.0.0.1", "10.0.0.1-::1", "10.0.0.0/8"];
    const { judge, problems } = createPlausibility({ allowNonGlobal, excluded: ["", "::/129"] });
    expect(problems).toHaveLength(6);
    expect(judge(address("10.9.9.9"), "IPv4").plausible).toBe(true);
  });

  it("without rules: exactly what is globally reachable", () => {
    const none = createPlausibility({ allowNonGlobal: [], excluded: [] });
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const parsed = address(text);
        expect(none.judge(parsed, parsed.family).plausible).toBe(notGloballyReachable(parsed) === undefined);
      }),
    );
  });
});

describe("what was judged", () => {
  it("is made once for each address and family: most votes give the same few addresses", () => {
    const { judge } = createPlausibility({ allowNonGlobal: [], excluded: [] });
    const first = judge(address("10.1.0.2"), "IPv4");
    expect(judge(address("10.1.0.2"), "IPv4")).toBe(first);
    expect(judge(address("10.1.0.3"), "IPv4")).not.toEqual(first);
    expect(judge(address("10.1.0.2"), "IPv6")).not.toEqual(first);
  });

  it("is remembered with the rules that it was judged by", () => {
    const rules = { allowNonGlobal: ["10.0.0.0/8"], excluded: [] };
    expect(createPlausibility(structuredClone(rules))).toBe(createPlausibility(rules));
    const other = createPlausibility({ ...rules, excluded: ["10.1.0.0/16"] });
    expect(createPlausibility(rules).judge(address("10.1.0.1"), "IPv4").plausible).toBe(true);
    expect(other.judge(address("10.1.0.1"), "IPv4").plausible).toBe(false);
    expect(other.judge(address("10.1.0.1"), "IPv6").plausible).toBe(false);
  });

  it("is computed once, and no more of it is kept than there is room for", () => {
    const computed: string[] = [];
    const ask = remembered(3, (key) => {
      computed.push(key);
      return key.toUpperCase();
    });
    expect(["a", "b", "c", "a", "d", "a", "b"].map(ask)).toEqual(["A", "B", "C", "A", "D", "A", "B"]);
    expect(computed).toEqual(["a", "b", "c", "d", "b"]);
  });
});
