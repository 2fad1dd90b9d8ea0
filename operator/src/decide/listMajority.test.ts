import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIST_ORGANISATION } from "@esddns/common/api";
import { applyListMajority } from "./listMajority.ts";
import { judgeVotes } from "./quorum.ts";
import { vote } from "./testing.ts";

const listed = (address: string) => vote(`${LIST_ORGANISATION}:${address}`);
const outcomes = (addresses: string[]) => applyListMajority(addresses.map(listed), 64).map(({ outcome }) => outcome);

describe("the servers of a list", () => {
  it("say what more than half of them say", () => {
    expect(outcomes(["1.1.1.1", "1.1.1.1", "6.6.6.6"])).toEqual(["Ok", "Ok", "Outvoted"]);
    expect(outcomes(["1.1.1.1"])).toEqual(["Ok"]);
  });

  it("say nothing where no answer has more than half, and tell why", () => {
    expect(outcomes(["1.1.1.1", "6.6.6.6"])).toEqual(["Outvoted", "Outvoted"]);
    expect(applyListMajority([listed("1.1.1.1"), listed("6.6.6.6")], 64)[0]?.detail).toContain("differ");
  });

  it("are compared by prefix over IPv6, and apart from IPv4", () => {
    expect(outcomes(["2001:4860::1", "2001:4860::2", "2001:4861::1", "1.1.1.1"])).toEqual([
      "Ok",
      "Ok",
      "Outvoted",
      "Ok",
    ]);
  });

  it("that did not answer are not counted", () => {
    const silent = vote(`${LIST_ORGANISATION}:`, "Timeout");
    expect(applyListMajority([silent, silent, listed("1.1.1.1")], 64).map(({ outcome }) => outcome)).toEqual([
      "Timeout",
      "Timeout",
      "Ok",
    ]);
  });

  it("never speak for anybody else, and with one voice at most", () => {
    const some = fc.array(
      fc.tuple(fc.constantFrom(LIST_ORGANISATION, "A", "B"), fc.constantFrom("1.1.1.1", "6.6.6.6", "7.7.7.7")),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(some, (pairs) => {
        const votes = pairs.map(([who, address]) => vote(`${who}:${address}`));
        const judged = applyListMajority(votes, 64);
        expect(judged.map(({ address }) => address)).toEqual(votes.map(({ address }) => address));
        const others = (all: typeof votes) => all.filter(({ organisation }) => organisation !== LIST_ORGANISATION);
        expect(others(judged)).toEqual(others(votes));
        const own = judged.filter(
          ({ organisation, outcome }) => organisation === LIST_ORGANISATION && outcome === "Ok",
        );
        expect(new Set(own.map(({ address }) => address)).size).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("make no quorum by themselves, however many there are", () => {
    const votes = applyListMajority(
      Array.from({ length: 14 }, () => listed("6.6.6.6")),
      64,
    );
    expect(judgeVotes(votes, "IPv4", { quorum: 2, prefixLength: 64 }).kind).toBe("TooFew");
  });
});
