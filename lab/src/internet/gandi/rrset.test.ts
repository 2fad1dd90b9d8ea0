import { describe, expect, it } from "vitest";
import { parseRrset } from "./rrset.ts";

const parse = (type: string, values: unknown, ttl?: unknown, name = "home"): unknown =>
  parseRrset("example.com", name, type, { rrset_values: values, ...(ttl !== undefined && { rrset_ttl: ttl }) });

describe("parseRrset", () => {
  it.each([
    [299, "299 is less than minimum value 300"],
    [2_592_001, "2592001 is greater than maximum value 2592000"],
    ["300", '"300" is not a number'],
    [300.5, "300.5 is not a number"],
  ])("refuses the TTL %s", (ttl, description) => {
    expect(parse("A", ["192.0.2.1"], ttl)).toEqual([{ location: "body", name: "rrset_ttl", description }]);
  });

  it.each([300, 2_592_000])("accepts the TTL %d", (ttl) => {
    expect(parse("A", ["192.0.2.1"], ttl)).toMatchObject({ ttl });
  });

  it.each([
    ["A", "192.0.2.1", "192.0.2.1"],
    ["AAAA", "2001:db8::1", "2001:db8::1"],
    ["CNAME", "other", "other.example.com."],
    ["CNAME", "Other.example.NET.", "other.example.net."],
    ["CNAME", "@", "example.com."],
    ["TXT", "a text", '"a text"'],
    ["TXT", 'say "\\"', String.raw`"say \"\\\""`],
    ["TXT", '"one" "two"', '"one" "two"'],
    ["TXT", "x".repeat(256), `"${"x".repeat(255)}" "x"`],
  ])("takes %s %s", (type, value, stored) => {
    expect(parse(type, [value])).toMatchObject({ type, values: [stored] });
  });

  it.each([
    ["A", "2001:db8::1"],
    ["A", "192.0.2.1\nupdate delete example.com."],
    ["A", ""],
    ["AAAA", "192.0.2.1"],
    ["AAAA", "fe80::1%eth0"],
    ["CNAME", "two words"],
    ["TXT", "line\nbreak"],
    ["TXT", '"open'],
  ])("refuses %s %j", (type, value) => {
    expect(parse(type, [value])).toMatchObject([{ location: "body", name: "rrset_values.0" }]);
  });

  it.each([undefined, [], "192.0.2.1", [1]])("needs a list of strings, not %j", (values) => {
    expect(parse("A", values)).toEqual([{ location: "body", name: "rrset_values", description: "Required" }]);
  });

  it("refuses a CNAME at the apex or with two values, an unknown type and a name that is none", () => {
    expect(parse("CNAME", ["other"], 300, "@")).toMatchObject([{ name: "rrset_values" }]);
    expect(parse("CNAME", ["one", "two"])).toMatchObject([{ name: "rrset_values" }]);
    expect(parse("NS", ["ns1.gandi.net."])).toMatchObject([{ location: "path", name: "rrset_type" }]);
    expect(parse("A", ["192.0.2.1"], 300, "a b")).toMatchObject([{ location: "path", name: "rrset_name" }]);
  });

  it("counts a value once", () => {
    expect(parse("A", ["192.0.2.1", "192.0.2.1"])).toMatchObject({ values: ["192.0.2.1"] });
  });
});
