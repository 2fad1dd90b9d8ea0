import { describe, expect, it } from "vitest";
import { parseStackConfig } from "./parse.ts";
import { formatProblem } from "./validation/problem.ts";
import { keys, type Key } from "./schema.ts";
import { hiddenValues, redactor, secrecy } from "./secrecy.ts";

const SOUND = {
  pools: [{ name: "p", addresses: ["192.168.1.100-192.168.1.110"] }],
  image: { reference: `x@sha256:${"a".repeat(64)}` },
};

function told(config: object, ...secretKeys: string[]): string {
  const parsed = parseStackConfig({ ...SOUND, ...config }, { stack: "production", secretKeys: new Set(secretKeys) });
  return parsed.ok ? "" : parsed.problems.map(formatProblem).join("\n");
}

it("has an answer for every key", () => {
  expect(Object.keys(secrecy).sort()).toEqual(Object.keys(keys).sort());
});

describe("a problem with an encrypted value", () => {
  it.each(Object.keys(keys))("of %s does not quote it", (key) => {
    for (const wrong of [
      "marker value!",
      { marker: 1, name: "Marker!" },
      [{ name: "Marker!", zone: "marker!" }],
      "[marker",
      70_077,
    ]) {
      const message = told({ [key]: wrong }, key).replaceAll(".marker: is not a known key", "");
      expect(message).not.toMatch(/marker/i);
      expect(message).not.toContain("70077");
    }
  });

  it.each(["https://marker.example.com/page", "Marker.lan:8080", "marker-\u00e9.lan"])(
    "gives no name out of %s",
    (host) => {
      const message = told({ service: { hosts: [host] } }, "service");
      expect(message).toContain("esddns:service.hosts[0]: the value is not the name of a host");
      expect(message).not.toMatch(/marker/i);
    },
  );

  it("is named all the same, where it goes against another key, too", () => {
    const message = told({ service: { address: "10.99.1.1" } }, "service");
    expect(message).toContain("esddns:service.address: [secret] is not in any pool of this stack");
  });
});

describe("a redactor", () => {
  it("knows the ways to write a value, and leaves other words alone", () => {
    const redact = redactor(
      hiddenValues([{ a: ["FD00::0100", "10.0.0.5/32", "x", "plain"], port: 8123, on: "true" }], ["plain"]),
    );
    expect(redact('fd00::100 and 10.0.0.5 and "x" at 8123 are not xylophones, true and plain')).toBe(
      "[secret] and [secret] and [secret] at [secret] are not xylophones, true and plain",
    );
    expect(redactor([])("nothing is hidden")).toBe("nothing is hidden");
  });
});

it("takes BGP's password, which has to be encrypted", () => {
  const peer = { name: "r", myASN: 64500, peerASN: 64501, peerAddress: "10.0.0.1", password: "hidden" };
  expect(told({ bgp: { peers: [peer], advertisements: [{ name: "b", pools: ["p"] }] } }, "bgp" satisfies Key)).toBe("");
});
