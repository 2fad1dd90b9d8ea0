import { describe, expect, it } from "vitest";
import type { DnsRecordObject, RecordType } from "@esddns/common/api";
import { RateBudget } from "../gandi/budget.ts";
import { FakeLiveDns } from "../records/testing.ts";
import { virtualClock } from "../runtime/testing.ts";
import { deletePublished } from "./deletion.ts";

const A = { type: "A", ttl: 300, values: ["203.0.113.20"] };
const record = {
  spec: { zone: "example.com", name: "home" },
  status: {
    zone: "example.com",
    fqdn: "home.example.com",
    published: [A, { type: "AAAA", ttl: 300, values: ["2001:db8::10"] }],
  },
} as unknown as DnsRecordObject;

describe("the rrsets that a deleted record has published", () => {
  it("stay where another record has them, although they stand as this one wrote them", async () => {
    const gandi = new FakeLiveDns();
    gandi.stand("home", "A", 300, "203.0.113.20");
    gandi.stand("home", "AAAA", 300, "2001:db8::10");
    const claimedBy = (zone: string, name: string, type: RecordType) =>
      `${zone} ${name} ${type}` === "example.com home A"
        ? { by: "other", holds: [{ zone, name, ...A }], isDryRun: false }
        : undefined;
    const { notes, failure } = await deletePublished(record, {
      livedns: gandi.api,
      signal: new AbortController().signal,
      claimedBy,
      look: () => Promise.resolve(undefined),
      note: () => Promise.resolve(undefined),
    });
    expect(failure).toBeUndefined();
    expect(gandi.at("home", "A")).toBeDefined();
    expect(gandi.at("home", "AAAA")).toBeUndefined();
    expect(notes).toContain("A home.example.com stays: DnsRecord other has it");
  });

  it("cost the looks at Gandi and nothing more where there is nothing to be deleted", async () => {
    const gandi = new FakeLiveDns();
    gandi.budget = new RateBudget(virtualClock(), { limit: 10 });
    await deletePublished(record, {
      livedns: gandi.api,
      signal: new AbortController().signal,
      claimedBy: () => undefined,
      look: () => Promise.resolve(undefined),
      note: () => Promise.resolve(undefined),
    });
    expect(gandi.calls).toEqual(["GET example.com home A", "GET example.com home AAAA"]);
    expect(gandi.budget.left()).toBe(8);
  });
});
