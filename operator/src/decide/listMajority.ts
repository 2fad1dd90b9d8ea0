import type { Family, Vote } from "@esddns/common/api";
import { valueOf } from "./quorum.ts";

/** The one organisation of all servers that are known from a downloaded list alone. */
export const LIST_ORGANISATION = "always-online-stun";

/**
 * Makes of the servers of downloaded lists one voice per family: what more than half of those that tell an address say.
 * The votes of the others, or of all where there is no such majority, become `Outvoted` and do not count.
 *
 * Pure: gives back all votes, in their order.
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

/** The value of more than half of the list's servers that have one; undefined where there is none. */
function majorityOf(votes: readonly Vote[], family: Family, prefixLength: number): string | undefined {
  const values = votes
    .filter((vote) => vote.organisation === LIST_ORGANISATION && vote.family === family)
    .flatMap((vote) => valueOf(vote, prefixLength) ?? []);
  const counts = Map.groupBy(values, (value) => value);
  return [...counts].find(([, { length }]) => 2 * length > values.length)?.[0];
}
