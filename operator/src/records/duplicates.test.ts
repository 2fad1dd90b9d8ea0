import fc from "fast-check";
import { expect, test } from "vitest";
import { API_VERSION, type DnsRecordObject, dnsRecordSpec, type RecordType } from "@esddns/common/api";
import { lostTo, winners } from "./duplicates.ts";

function record(name: string, created: string, spec: Record<string, unknown> = {}): DnsRecordObject {
  return {
    apiVersion: API_VERSION,
    kind: "DnsRecord",
    metadata: { name, namespace: "esddns", creationTimestamp: created },
    spec: dnsRecordSpec.parse({ zone: "example.com", name: "home", ...spec }),
  };
}

function lost(subject: DnsRecordObject, ...others: DnsRecordObject[]): [RecordType, string][] {
  return [...lostTo(subject, winners([...others, subject]))];
}

const old = record("old", "2026-01-01T00:00:00Z");
const young = record("young", "2026-01-02T00:00:00Z");

test("of two records of one rrset the younger loses to the older", () => {
  expect(lost(young, old)).toEqual([["A", "old"]]);
  expect(lost(old, young)).toEqual([]);
});

test("a record that was made anew under its name has what the former one had", () => {
  const [former, anew] = ["first", "second"].map((uid) => ({ ...old, metadata: { ...old.metadata, uid } }));
  if (former === undefined || anew === undefined) expect.unreachable();
  expect([...lostTo(former, winners([anew]))]).toEqual([["A", "old"]]);
  expect([...lostTo(anew, winners([anew]))]).toEqual([]);
});

test("only the types that both have are lost", () => {
  const both = record("both", "2026-01-03T00:00:00Z", { types: ["A", "AAAA"] });
  expect(lost(both, old)).toEqual([["A", "old"]]);
});

test("names and zones are compared as DNS does, by what is served", () => {
  expect(lost(record("upper", "2026-01-03T00:00:00Z", { zone: "Example.COM", name: "HOME" }), old)).toHaveLength(1);
  expect(lost(record("other", "2026-01-03T00:00:00Z", { name: "www" }), old)).toEqual([]);
  expect(lost(record("net", "2026-01-03T00:00:00Z", { zone: "example.net" }), old)).toEqual([]);
});

test("equally old records are told apart by name", () => {
  const twin = record("a-twin", "2026-01-01T00:00:00Z");
  expect(lost(old, twin)).toEqual([["A", "a-twin"]]);
  expect(lost(twin, old)).toEqual([]);
});

test("a record that is being deleted makes room", () => {
  const leaving = { ...old, metadata: { ...old.metadata, deletionTimestamp: "2026-02-01T00:00:00Z" } };
  expect(lost(young, leaving)).toEqual([]);
});

test("in any order, each rrset has exactly one writer", () => {
  const anyRecord = fc.tuple(
    fc.nat(5),
    fc.constantFrom("home", "www"),
    fc.constantFrom(["A"], ["AAAA"], ["A", "AAAA"]),
  );
  fc.assert(
    fc.property(fc.array(anyRecord, { maxLength: 8 }), fc.infiniteStream(fc.nat()), (rows, random) => {
      const records = rows.map(([day, name, types], i) =>
        record(`r${i}`, `2026-01-0${day + 1}T00:00:00Z`, { name, types, ipv6Suffix: "::1" }),
      );
      const shuffled = [...records].sort(() => (Number(random.next().value) % 3) - 1);
      const all = winners(shuffled);
      expect(all).toEqual(winners(records));
      const written = records.flatMap((one) =>
        one.spec.types.filter((type) => !lostTo(one, all).has(type)).map((type) => `${one.spec.name} ${type}`),
      );
      const wanted = new Set(records.flatMap((one) => one.spec.types.map((type) => `${one.spec.name} ${type}`)));
      expect(written.sort()).toEqual([...wanted].sort());
    }),
  );
});
