import { describe, expect, it } from "vitest";
import { parseTransfer, renderUpdate } from "./dnsZoneStore.ts";

const soa = "example.com.\t10800\tIN\tSOA\tns1.gandi.net. hostmaster.gandi.net. 7 10800 3600 604800 10800";

describe("parseTransfer", () => {
  it("collects the records of one name and type, relative to the zone", () => {
    const lines = [
      soa,
      "example.com.\t\t300\tIN\tAAAA\t2001:db8::1",
      "HOME.example.com.\t300\tIN\tA\t192.0.2.1",
      "home.example.com.\t300\tIN\tA\t192.0.2.2",
      'home.example.com.\t600\tIN\tTXT\t"two  spaces" "x"',
      soa,
      "",
    ];
    expect(parseTransfer("example.com", lines.join("\n")).slice(1)).toEqual([
      { name: "@", type: "AAAA", ttl: 300, values: ["2001:db8::1"] },
      { name: "home", type: "A", ttl: 300, values: ["192.0.2.1", "192.0.2.2"] },
      { name: "home", type: "TXT", ttl: 600, values: ['"two  spaces" "x"'] },
    ]);
  });

  it.each(["; Transfer failed.\n", `${soa}\nhome.example.com.\t300\tIN\tA\t192.0.2.1\n`])(
    "refuses a transfer that is not whole",
    (text) => {
      expect(() => parseTransfer("example.com", text)).toThrow("Zone transfer of example.com failed");
    },
  );
});

describe("renderUpdate", () => {
  it("replaces rrsets in one message", () => {
    const rrset = { name: "home", type: "A", ttl: 300, values: ["192.0.2.1", "192.0.2.2"] };
    expect(
      renderUpdate("203.0.113.41", "example.com", [
        { kind: "set", rrset },
        { kind: "delete", name: "@", type: "AAAA" },
      ]).split("\n"),
    ).toEqual([
      "server 203.0.113.41 53",
      "zone example.com.",
      "update delete home.example.com. A",
      "update add home.example.com. 300 A 192.0.2.1",
      "update add home.example.com. 300 A 192.0.2.2",
      "update delete example.com. AAAA",
      "send",
      "",
    ]);
  });
});
