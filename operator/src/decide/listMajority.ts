import { LIST_ORGANISATION } from "@esddns/common/api";
import type { Family, Vote } from "@esddns/common/api";
import { valueOf } from "./quorum.ts";

/**
 * Reduces the servers of downloaded lists to one voice per family: the value that more than half of the answering
 * servers give. The other answers of listed servers become `Outvoted` and do not count. Without a majority all of them
 * do.
 *
 * Pure. Returns all votes in their order.
 */
export function applyListMajority(votes: readonly Vote[], prefixLength: number): Vote[] {
  const majorities = new Map<Family, string | undefined>();
  for (const family of ["IPv4", "IPv6"] as const) majorities.set(family, majorityOf(votes, family, prefixLength));
  return votes.map((vote) => {
    if (vote.organisation !== LIST_ORGANISATION || vote.outcome !== "Ok") return vote;
    const majority = majorities.get(vote.family);
    if (valueOf(vote, prefixLength) === majority) return vote;
    const detail =
      majority === undefined ? "the servers of the list differ" : `most servers of the list say ${majority}`;
    return { ...vote, outcome: "Outvoted", detail };
  });
}

/** Returns the value that more than half of the listed servers with a value give, or undefined if there is none. */
function majorityOf(votes: readonly Vote[], family: Family, prefixLength: number): string | undefined {
  const values = votes
    .filter((vote) => vote.organisation === LIST_ORGANISATION && vote.family === family)
    .flatMap((vote) => valueOf(vote, prefixLength) ?? []);
  const counts = Map.groupBy(values, (value) => value);
  return [...counts].find(([, { length }]) => 2 * length > values.length)?.[0];
}
