import { describe, expect, test } from "vitest";
import { type DnsRecordSpec, dnsRecordSpec, type WanAddressStatus } from "@esddns/common/api";
import { desiredRrsets } from "./desired.ts";
import type { KnownWan, NodeAddress } from "./nodeAddress.ts";

const wan: WanAddressStatus = { ipv4: "198.51.100.20", ipv6Prefix: "2001:db8:100::/64" };

function spec(fields: Record<string, unknown>): DnsRecordSpec {
  return dnsRecordSpec.parse({ zone: "example.com", name: "home", ...fields });
}

/** Returns the type with its values, or with the reason why there are none. */
function brief(fields: Record<string, unknown>, known?: KnownWan, serviceAddresses?: string[]): unknown {
  const intent = desiredRrsets({ spec: spec(fields), wan: known, serviceAddresses });
  if (intent.kind === "Invalid") return intent.problems;
  return intent.desired.map((one) => [one.type, one.kind === "Write" ? one.rrset.values : one.reason]);
}

const fixed = (...values: string[]): Record<string, unknown> => ({ source: { kind: "Fixed", values } });
const service = { source: { kind: "Service", service: { namespace: "web", name: "front" } } };

describe("from the WAN address", () => {
  test("A is the IPv4 address, with the record's ttl", () => {
    expect(desiredRrsets({ spec: spec({ ttl: 600 }), wan })).toEqual({
      kind: "Valid",
      desired: [{ kind: "Write", type: "A", rrset: { type: "A", ttl: 600, values: ["198.51.100.20"] } }],
    });
  });

  test("AAAA is the prefix with the record's suffix", () => {
    expect(brief({ types: ["AAAA"], ipv6Suffix: "::10" }, wan)).toEqual([["AAAA", ["2001:db8:100::10"]]]);
  });

  test("one family does not wait for the other", () => {
    const both = { types: ["A", "AAAA"], ipv6Suffix: "::10" };
    expect(brief(both, { ipv4: "198.51.100.20" })).toEqual([
      ["A", ["198.51.100.20"]],
      ["AAAA", "WaitingForAddress"],
    ]);
    expect(brief(both, { ipv6Prefix: "2001:db8:100::/64" })).toEqual([
      ["A", "WaitingForAddress"],
      ["AAAA", ["2001:db8:100::10"]],
    ]);
  });

  test.each<[string, WanAddressStatus | undefined]>([
    ["no status", undefined],
    ["an empty status", {}],
    ["no IPv4 address", { ipv6Prefix: "2001:db8::/64", ipv6: "2001:db8::1" }],
    ["an empty text", { ipv4: "" }],
    ["something else", { ipv4: "unknown" }],
    ["an address of the other family", { ipv4: "2001:db8::1" }],
  ])("with %s nothing is known", (_, known) => {
    expect(brief({}, known)).toEqual([["A", "WaitingForAddress"]]);
  });

  test("a suffix that reaches into the prefix is an error of the record, whatever the prefix has there", () => {
    expect(brief({ types: ["AAAA"], ipv6Suffix: "0:0:0:1::10" }, wan)).toEqual([["AAAA", "Invalid"]]);
  });

  test.each([
    [undefined, "needs the host's part"],
    ["::", "names no host"],
    ["10", "not an IPv6 address"],
    ["192.0.2.1", "not an IPv6 address"],
  ])("AAAA with the suffix %s is an error at once", (ipv6Suffix, problem) => {
    expect(brief({ types: ["AAAA"], ipv6Suffix }, undefined)).toEqual([expect.stringContaining(problem)]);
  });
});

describe("fixed values", () => {
  test("go to their type, in one form, each once", () => {
    const record = { types: ["AAAA", "A"], ...fixed("2606:4700:0::1", "9.9.9.9", "1.1.1.1", "9.9.9.9") };
    expect(brief(record)).toEqual([
      ["AAAA", ["2606:4700::1"]],
      ["A", ["1.1.1.1", "9.9.9.9"]],
    ]);
  });

  test("that are not global need allowPrivate", () => {
    expect(brief(fixed("1.1.1.1", "192.168.1.100"))).toEqual([["A", "NotGlobal"]]);
    expect(brief({ ...fixed("192.168.1.100"), allowPrivate: true })).toEqual([["A", ["192.168.1.100"]]]);
  });

  test.each([
    [["home.example.com"], ["A"], ["not an address", "no IPv4 address for type A"]],
    [["1.1.1.1", "2606:4700::1"], ["A"], ["does not fit types A"]],
    [["1.1.1.1"], ["A", "AAAA"], ["no IPv6 address for type AAAA"]],
    [[], ["A"], ["no IPv4 address for type A"]],
    [["1.1.1.01"], ["A"], ["not an address", "no IPv4 address"]],
  ])("%j for %j is refused", (values, types, problems) => {
    expect(brief({ types, ...fixed(...values) })).toEqual(
      problems.map((problem) => expect.stringContaining(problem) as string),
    );
  });
});

describe("from several uplinks", () => {
  const both: KnownWan = {
    ...wan,
    ipv4Addresses: ["203.0.113.7", "198.51.100.20"],
    ipv6Prefixes: ["2001:db8:100::/64", "2001:db8:200::/64"],
  };

  test("every agreed value is one of the record's", () => {
    expect(brief({ types: ["A", "AAAA"], ipv6Suffix: "::10" }, both)).toEqual([
      ["A", ["198.51.100.20", "203.0.113.7"]],
      ["AAAA", ["2001:db8:100::10", "2001:db8:200::10"]],
    ]);
  });
});

describe("from a node", () => {
  const fields = { types: ["AAAA"], ipv6FromNode: "node1" };
  const intent = (nodeAddress?: NodeAddress) => desiredRrsets({ spec: spec(fields), wan, nodeAddress });

  test("AAAA is the node's own address", () => {
    expect(intent({ address: "2001:db8:100::11" })).toMatchObject({
      desired: [{ kind: "Write", rrset: { values: ["2001:db8:100::11"] } }],
    });
  });

  test("without one the record stays as it is, and says why", () => {
    const kept = { kind: "Keep", reason: "WaitingForAddress" };
    expect(intent({ problem: "node1 is silent" })).toMatchObject({
      desired: [{ ...kept, message: "node1 is silent" }],
    });
    expect(intent()).toMatchObject({ desired: [kept] });
  });

  test("a suffix beside it is an error of the record", () => {
    expect(brief({ ...fields, ipv6Suffix: "::10" }, wan)).toEqual([expect.stringContaining("beside ipv6FromNode")]);
  });
});

describe("from a Service", () => {
  test("its addresses of the type's family", () => {
    const record = { ...service, types: ["A", "AAAA"] };
    expect(brief(record, wan, ["1.1.1.1", "2606:4700::1"])).toEqual([
      ["A", ["1.1.1.1"]],
      ["AAAA", ["2606:4700::1"]],
    ]);
  });

  test("without addresses nothing is known, and the WAN address does not step in", () => {
    expect(brief(service, wan)).toEqual([["A", "WaitingForAddress"]]);
    expect(brief(service, wan, ["2606:4700::1"])).toEqual([["A", "WaitingForAddress"]]);
  });

  test("a private address needs allowPrivate", () => {
    expect(brief(service, wan, ["192.168.1.100"])).toEqual([["A", "NotGlobal"]]);
    expect(brief({ ...service, allowPrivate: true }, wan, ["192.168.1.100"])).toEqual([["A", ["192.168.1.100"]]]);
  });

  test("has to be named", () => {
    expect(brief({ source: { kind: "Service" } }, wan)).toEqual([expect.stringContaining("needs a service")]);
  });
});

test("everything that is wrong is told at once", () => {
  expect(brief({ zone: "com", name: "a..b", types: ["AAAA"] }, wan)).toHaveLength(3);
});

test("a type that is asked for twice is one rrset", () => {
  expect(brief({ types: ["A", "A"] }, wan)).toEqual([["A", ["198.51.100.20"]]]);
});
