import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Vote } from "@esddns/common/api";
import type { QuorumVerdict } from "./quorum.ts";
import { judgeVotes } from "./quorum.ts";
import { vote, votes } from "./testing.ts";

const rules = { quorum: 2, prefixLength: 64 };
const kindOf = (text: string, quorum = 2): QuorumVerdict["kind"] =>
  judgeVotes(votes(text), "IPv4", { ...rules, quorum }).kind;

describe("judgeVotes", () => {
  // A capital is an organisation, ! an answer over TLS. 1.1.1.1 is the true address where that matters.
  it.each<[string, string, number, QuorumVerdict["kind"]]>([
    ["nobody", "", 2, "Silent"],
    ["two, one authenticated", "A:1.1.1.1 !B:1.1.1.1", 2, "Agreed"],
    ["two, none authenticated", "A:1.1.1.1 B:1.1.1.1", 2, "Unauthenticated"],
    ["one alone, authenticated", "!A:1.1.1.1", 2, "TooFew"],
    ["one organisation's many servers", "!A:1.1.1.1 A:1.1.1.1 A:1.1.1.1", 2, "TooFew"],
    ["one against one", "!A:1.1.1.1 !B:2.2.2.2", 2, "Disputed"],
    ["two against one", "!A:1.1.1.1 B:1.1.1.1 !X:2.2.2.2", 2, "Agreed"],
    ["two against two", "!A:1.1.1.1 B:1.1.1.1 !X:2.2.2.2 Y:2.2.2.2", 2, "Disputed"],
    ["many against two", "!A:1.1.1.1 B:1.1.1.1 C:1.1.1.1 D:1.1.1.1 X:2.2.2.2 Y:2.2.2.2", 2, "Disputed"],
    ["two against two that differ", "!A:1.1.1.1 B:1.1.1.1 X:2.2.2.2 Y:3.3.3.3", 2, "Disputed"],
    ["forged UDP against two over TLS", "X:2.2.2.2 Y:2.2.2.2 Z:2.2.2.2 !A:1.1.1.1 !B:1.1.1.1", 2, "Disputed"],
    ["forged UDP alone", "X:2.2.2.2 Y:2.2.2.2 Z:2.2.2.2", 2, "Unauthenticated"],
    ["forged UDP and one over TLS", "X:2.2.2.2 Y:2.2.2.2 Z:2.2.2.2 !A:1.1.1.1", 2, "Unauthenticated"],
    ["one contradicts itself", "!A:1.1.1.1 A:2.2.2.2", 2, "Disputed"],
    ["one contradicts itself, two do not", "!A:1.1.1.1 A:2.2.2.2 !B:1.1.1.1 C:1.1.1.1", 2, "Agreed"],
    ["the authenticated one contradicts itself", "!A:1.1.1.1 A:2.2.2.2 B:1.1.1.1 C:1.1.1.1", 2, "Unauthenticated"],
    ["over TLS, then the same over UDP", "!A:1.1.1.1 A:1.1.1.1 B:1.1.1.1", 2, "Agreed"],
    ["over UDP, then the same over TLS", "A:1.1.1.1 !A:1.1.1.1 B:1.1.1.1", 2, "Agreed"],
    ["quorum 1, one", "!A:1.1.1.1", 1, "Agreed"],
    ["quorum 1, contradicted", "!A:1.1.1.1 B:1.1.1.1 X:2.2.2.2", 1, "Disputed"],
    ["quorum 3, two", "!A:1.1.1.1 B:1.1.1.1", 3, "TooFew"],
    ["quorum 3, two of three", "!A:1.1.1.1 B:1.1.1.1 X:2.2.2.2", 3, "Disputed"],
    ["quorum 3 against two liars", "!A:1.1.1.1 B:1.1.1.1 C:1.1.1.1 !X:2.2.2.2 Y:2.2.2.2", 3, "Agreed"],
  ])("%s", (_name, text, quorum, kind) => {
    expect(kindOf(text, quorum)).toBe(kind);
  });

  it("names who agrees and who does not", () => {
    expect(judgeVotes(votes("C:1.1.1.1 !B:1.1.1.1 X:2.2.2.2"), "IPv4", rules)).toEqual({
      kind: "Agreed",
      value: "1.1.1.1",
      organisations: ["B", "C"],
      dissenting: ["X"],
    });
    expect(judgeVotes(votes("!A:2.2.2.2 !B:1.1.1.1"), "IPv4", rules)).toEqual({
      kind: "Disputed",
      values: ["1.1.1.1", "2.2.2.2"],
    });
  });

  it("counts votes of outcome Ok and of the family alone", () => {
    const others = [vote("B:1.1.1.1", "Implausible"), vote("C:", "Timeout"), ...votes("D:2606::1 !E:2606::1")];
    expect(judgeVotes([...votes("!A:1.1.1.1"), ...others], "IPv4", rules).kind).toBe("TooFew");
    expect(judgeVotes(others, "IPv6", rules)).toMatchObject({ kind: "Agreed", value: "2606::/64" });
  });

  it("compares IPv6 by its prefix", () => {
    const seen = votes("!A:2606:0:0:1::1 B:2606:0:0:1::2 C:2606:0:0:2::1");
    expect(judgeVotes(seen, "IPv6", rules)).toMatchObject({ value: "2606:0:0:1::/64", dissenting: ["C"] });
    expect(judgeVotes(seen, "IPv6", { ...rules, prefixLength: 56 })).toMatchObject({
      value: "2606::/56",
      dissenting: [],
    });
  });
});

describe("properties", () => {
  const TRUTH = "1.1.1.1";
  const LIES = ["2.2.2.2", "3.3.3.3", "4.4.4.4"];

  interface World {
    quorum: number;
    votes: Vote[];
    honest: number;
    honestAuthenticated: boolean;
  }

  /**
   * Fewer liars than the quorum, authenticated, with any answers and any number of them. Honest organisations may be
   * silent.
   */
  const liarsBelowQuorum: fc.Arbitrary<World> = fc.integer({ min: 1, max: 5 }).chain((quorum) =>
    fc
      .record({
        honest: fc.array(fc.boolean(), { maxLength: 8 }),
        liars: fc.array(fc.array(fc.tuple(fc.constantFrom(...LIES, TRUTH), fc.boolean()), { maxLength: 3 }), {
          maxLength: quorum - 1,
        }),
        order: fc.array(fc.nat(), { minLength: 24, maxLength: 24 }),
      })
      .map(({ honest, liars, order }) => {
        const all = [
          ...honest.map((authenticated, i) => vote(`${authenticated ? "!" : ""}H${i}:${TRUTH}`)),
          ...liars.flatMap((said, i) => said.map(([value, tls]) => vote(`${tls ? "!" : ""}L${i}:${value}`))),
        ];
        const keyed = all.map((v, i) => ({ v, key: order[i] ?? 0 }));
        const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ v }) => v);
        return { quorum, votes: shuffled, honest: honest.length, honestAuthenticated: honest.includes(true) };
      }),
  );

  it("fewer liars than the quorum never cause a false value", () => {
    fc.assert(
      fc.property(liarsBelowQuorum, (world) => {
        const verdict = judgeVotes(world.votes, "IPv4", { ...rules, quorum: world.quorum });
        if (verdict.kind === "Agreed" || verdict.kind === "Unauthenticated") expect(verdict.value).toBe(TRUTH);
      }),
      { numRuns: 3000 },
    );
  });

  it("nor do they hold up the true one once a quorum of honest ones gives it", () => {
    fc.assert(
      fc.property(liarsBelowQuorum, (world) => {
        fc.pre(world.honest >= world.quorum && world.honestAuthenticated);
        const verdict = judgeVotes(world.votes, "IPv4", { ...rules, quorum: world.quorum });
        expect(verdict).toMatchObject({ kind: "Agreed", value: TRUTH });
      }),
    );
  });

  it("whoever forges everything but TLS never causes a false value", () => {
    const honest = fc.array(fc.boolean(), { maxLength: 8 });
    const forged = fc.array(fc.constantFrom(...LIES), { maxLength: 12 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), honest, forged, (quorum, silent, lies) => {
        const overTls = silent.filter((is) => !is).map((_, i) => vote(`!H${i}:${TRUTH}`));
        const overUdp = lies.map((value, i) => vote(`H${i}:${value}`));
        const verdict = judgeVotes([...overTls, ...overUdp], "IPv4", { ...rules, quorum });
        if (verdict.kind === "Agreed") expect(verdict.value).toBe(TRUTH);
      }),
      { numRuns: 3000 },
    );
  });

  it("the order of the votes does not matter", () => {
    fc.assert(
      fc.property(liarsBelowQuorum, ({ quorum, votes: cast }) => {
        const other = judgeVotes([...cast].reverse(), "IPv4", { ...rules, quorum });
        expect(judgeVotes(cast, "IPv4", { ...rules, quorum })).toEqual(other);
      }),
    );
  });
});
