import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  dnsRecordSpec,
  type DnsRecordStatus,
  dnsRecordStatus,
  type LeftRrset,
  type PublishedRrset,
} from "@esddns/common/api";
import { addAttempt, ownedRrsets, withAttempt } from "./ownedRrsets.ts";

const A: PublishedRrset = { type: "A", ttl: 300, values: ["203.0.113.20"] };
const B: PublishedRrset = { type: "A", ttl: 300, values: ["203.0.113.77"] };
const PLACE = { zone: "example.com", name: "home" };

const spec = (name: string): ReturnType<typeof dnsRecordSpec.parse> =>
  dnsRecordSpec.parse({ zone: "example.com", name, deletionPolicy: "Delete" });
const status = (rest: DnsRecordStatus): DnsRecordStatus => ({ fqdn: "home.example.com", zone: "example.com", ...rest });

describe("what stands under a former name", () => {
  it("is noted once, and as known where it is known", () => {
    const begun: LeftRrset = { ...PLACE, ...A, attempted: true };
    const { former } = ownedRrsets(spec("www"), status({ left: [begun], published: [A] }));
    expect(former).toEqual([{ ...PLACE, ...A }]);
  });

  it("is no more than an attempt where nothing else is known", () => {
    const { former } = ownedRrsets(spec("www"), status({ published: [A], attempted: [A, B] }));
    expect(former).toEqual([
      { ...PLACE, ...A },
      { ...PLACE, ...B, attempted: true },
    ]);
  });
});

it("a deletion that is begun again is noted once", () => {
  const group = { ...PLACE, type: "A" as const, candidates: [A, B].map((rrset) => ({ ...PLACE, ...rrset })) };
  const noted = withAttempt(status({ published: [A], attempted: [B, A] }), spec("home"), group);
  expect(noted).toEqual(status({ published: [], attempted: [B, A] }));
});

it("a deletion after many attempts is noted within what a status may hold", () => {
  const many = (type: "A" | "AAAA") => [1, 2, 3, 4].map((i) => ({ type, ttl: 300, values: [String(i)] }));
  const group = { ...PLACE, type: "A" as const, candidates: [{ ...PLACE, ...A }] };
  const noted = withAttempt(
    status({ published: [A], attempted: [...many("A"), ...many("AAAA")] }),
    spec("home"),
    group,
  );
  expect(dnsRecordStatus.safeParse(noted).success).toBe(true);
  expect(noted.attempted).toContainEqual(A);
});

it("attempts are kept in their order, each once, the last ones, and no more than the status may hold", () => {
  const attempt = fc.record({
    type: fc.constantFrom("A" as const, "AAAA" as const),
    ttl: fc.constant(300),
    values: fc.tuple(fc.integer({ min: 0, max: 9 }).map(String)),
  });
  fc.assert(
    fc.property(fc.array(attempt), (attempts) => {
      const attempted = new Map<string, readonly PublishedRrset[]>();
      for (const each of attempts) {
        addAttempt(attempted, each);
        expect(attempted.get(each.type)?.at(-1)).toEqual(each);
      }
      expect(dnsRecordStatus.safeParse({ attempted: [...attempted.values()].flat() }).success).toBe(true);
      for (const of of attempted.values()) expect(new Set(of.map(({ values }) => values[0])).size).toBe(of.length);
    }),
  );
});
