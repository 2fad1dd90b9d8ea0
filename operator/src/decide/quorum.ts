import type { Family, Vote } from "@esddns/common/api";
import { parseAddress, prefixOf } from "@esddns/common/ip";

export interface QuorumRules {
  /** How many organisations must give the same value. */
  readonly quorum: number;
  /** IPv6 votes are compared and believed by their prefix of this length. */
  readonly prefixLength: number;
}

/** The result of one node's votes for one family. */
export type QuorumVerdict =
  | {
      readonly kind: "Agreed";
      readonly value: string;
      readonly organisations: readonly string[];
      readonly dissenting: readonly string[];
    }
  /** The organisations differ. No value has a quorum, or a quorum contradicts the one that has. */
  | { readonly kind: "Disputed"; readonly values: readonly string[] }
  /** A quorum, but none of its organisations answered over an authenticated channel. */
  | { readonly kind: "Unauthenticated"; readonly value: string; readonly organisations: readonly string[] }
  /** Answers from fewer organisations than the quorum. */
  | { readonly kind: "TooFew"; readonly organisations: readonly string[] }
  | { readonly kind: "Silent" };

interface Support {
  readonly organisations: Set<string>;
  authenticated: boolean;
}

/**
 * Applies the rule by which a node believes an address. Only votes with outcome Ok count, and each organisation has one
 * voice. An organisation that gives two different values contradicts itself and supports neither.
 *
 * A value is agreed when
 * 1. at least `quorum` organisations give it, and
 * 2. at least one of them gives it over an authenticated channel, and
 * 3. fewer than `quorum` organisations give anything else (including those that contradict themselves).
 *
 * So with fewer than `quorum` lying organisations no false value is ever agreed (1). They cannot block the true value
 * either once a quorum of honest organisations gives it (3).
 *
 * An attacker on the path who can forge everything except TLS cannot make a value agreed (2), but can block one (3).
 * The same happens when most sources see another address than the few authenticated ones do (a proxy for HTTPS only, a
 * NAT with many public addresses). That is doubt, and doubt keeps the last good value.
 *
 * An attacker who relays TLS to the real organisations from elsewhere is not covered: the organisations truthfully name
 * the relay (docs/threat-model.md).
 *
 * Pure. The value is an IPv4 address, or for IPv6 a prefix in CIDR notation.
 */
export function judgeVotes(votes: readonly Vote[], family: Family, rules: QuorumRules): QuorumVerdict {
  const statements = statementsOf(votes, family, rules.prefixLength);
  if (statements.size === 0) return { kind: "Silent" };
  const support = supportOf(statements);
  const ranking = [...support].sort(([a, x], [b, y]) => y.organisations.size - x.organisations.size || compare(a, b));
  const top = ranking[0];
  const organisations = [...(top?.[1].organisations ?? [])].sort(compare);
  const dissenting = [...statements.keys()].filter((name) => !organisations.includes(name)).sort(compare);
  const short = organisations.length < rules.quorum;
  if (top === undefined || dissenting.length >= (short ? 1 : rules.quorum)) {
    return { kind: "Disputed", values: valuesOf(statements) };
  }
  if (short) return { kind: "TooFew", organisations };
  const [value, { authenticated }] = top;
  if (!authenticated) return { kind: "Unauthenticated", value, organisations };
  return { kind: "Agreed", value, organisations, dissenting };
}

/**
 * Returns the value that a vote gives: the address, or for IPv6 its prefix. Returns undefined if the vote does not
 * count.
 */
export function valueOf(vote: Vote, prefixLength: number): string | undefined {
  const address = vote.outcome === "Ok" ? parseAddress(vote.address ?? "") : undefined;
  if (address?.family !== vote.family) return undefined;
  return address.family === "IPv4" ? address.text : prefixOf(address.text, prefixLength);
}

/**
 * Maps each organisation to the values that it gives, and each value to whether it came over an authenticated channel.
 */
function statementsOf(votes: readonly Vote[], family: Family, prefixLength: number): Map<string, Map<string, boolean>> {
  const statements = new Map<string, Map<string, boolean>>();
  for (const vote of votes) {
    const value = vote.family === family ? valueOf(vote, prefixLength) : undefined;
    if (value === undefined) continue;
    const own = statements.get(vote.organisation) ?? new Map<string, boolean>();
    own.set(value, (own.get(value) ?? false) || vote.authenticated);
    statements.set(vote.organisation, own);
  }
  return statements;
}

function supportOf(statements: ReadonlyMap<string, ReadonlyMap<string, boolean>>): Map<string, Support> {
  const support = new Map<string, Support>();
  for (const [organisation, values] of statements) {
    if (values.size !== 1) continue;
    for (const [value, authenticated] of values) {
      const entry = support.get(value) ?? { organisations: new Set<string>(), authenticated: false };
      entry.organisations.add(organisation);
      entry.authenticated ||= authenticated;
      support.set(value, entry);
    }
  }
  return support;
}

function valuesOf(statements: ReadonlyMap<string, ReadonlyMap<string, boolean>>): string[] {
  return [...new Set([...statements.values()].flatMap((values) => [...values.keys()]))].sort(compare);
}

/** Compares by code unit, so the order is the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
