import { expect, it } from "vitest";
import { objectNameOf } from "./dns.ts";

const KUBERNETES = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const record = (name: string, types: ("A" | "AAAA")[] = ["A"]) => ({ zone: "example.com", name, types });

it("names a record's object as the record where Kubernetes takes that", () => {
  expect(objectNameOf(record("home"))).toBe("home.example.com");
  expect(objectNameOf(record("@"))).toBe("example.com");
});

it("keeps the name of the only entry of a record, whatever its types are", () => {
  expect(objectNameOf(record("home", ["AAAA"]))).toBe("home.example.com");
  expect(objectNameOf(record("home", ["AAAA"]), [record("home", ["AAAA"]), record("www")])).toBe("home.example.com");
});

it("finds a name of its own for every other", () => {
  const names = [
    ...["*", "wildcard", "_dmarc", "dmarc", "*.lab", "a_b", "a-b"].map((name) => objectNameOf(record(name))),
    objectNameOf(record("dmarc", ["AAAA"]), [record("dmarc"), record("dmarc", ["AAAA"])]),
  ];
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(KUBERNETES);
});
