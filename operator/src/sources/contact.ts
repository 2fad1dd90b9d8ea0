import type { Family, VoteOutcome } from "@esddns/common/api";
import type { Random } from "../runtime/clock.ts";
import type { Address, Plausibility } from "@esddns/common/ip";
import { parseAddress } from "@esddns/common/ip";
import type { Resolve } from "./resolver.ts";

export interface SourceRefusal {
  readonly ok: false;
  readonly outcome: VoteOutcome;
  /** In words, for people. */
  readonly detail: string;
}

export interface ContactDeps {
  readonly resolve: Resolve;
  readonly random: Random;
}

/**
 * Chooses the address on which a host is contacted: one of the allowed addresses, at random, so that load and failures
 * spread. The address that was checked is the one that is contacted. The name is not resolved again.
 *
 * Rejects only with the signal's reason.
 */
export async function contactOf(
  host: string,
  family: Family,
  plausibility: Pick<Plausibility, "mayContact">,
  deps: ContactDeps,
  signal: AbortSignal,
): Promise<{ readonly ok: true; readonly address: Address } | SourceRefusal> {
  const resolved = await addressesOf(host, family, deps, signal);
  if (!Array.isArray(resolved)) return resolved;
  const judged = resolved.map((address) => ({ address, judgement: plausibility.mayContact(address) }));
  const allowed = judged.filter(({ judgement }) => judgement.plausible);
  const chosen = allowed[Math.floor(deps.random() * allowed.length)];
  if (chosen !== undefined) return { ok: true, address: chosen.address };
  const refused = judged.flatMap(({ judgement }) => (judgement.plausible ? [] : [judgement.reason]))[0];
  return refused === undefined
    ? refuse("NameNotResolved", `${host} has no ${family} address`)
    : refuse("NotAllowed", `not contacted: ${refused}`);
}

export function refuse(outcome: VoteOutcome, detail: string): SourceRefusal {
  return { ok: false, outcome, detail };
}

async function addressesOf(
  host: string,
  family: Family,
  deps: ContactDeps,
  signal: AbortSignal,
): Promise<Address[] | SourceRefusal> {
  const literal = parseAddress(host);
  if (literal !== undefined) return literal.family === family ? [literal] : [];
  try {
    const addresses = (await deps.resolve(host, family, signal)).map(parseAddress);
    return addresses.filter((address) => address?.family === family) as Address[];
  } catch (error) {
    signal.throwIfAborted();
    return refuse("NameNotResolved", error instanceof Error ? error.message : String(error));
  }
}
