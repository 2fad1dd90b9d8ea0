import type { DetectionSpec, Family, WanAddressStatus, WanChange, WanObservation } from "@esddns/common/api";
import { routerReports } from "./behindNat.ts";
import type { FamilyView } from "./conditions.ts";
import { conditionsOf } from "./conditions.ts";
import { createPlausibility } from "@esddns/common/ip";
import type { Outcome } from "./verdicts.ts";
import { firstExpiryMs, nodesAhead, outcomeOf, validObservations } from "./verdicts.ts";

const HISTORY_LENGTH = 20;
/** Per family in the status. */
const MOST_VALUES = 32;
/**
 * A value that was left `times` times within the window flaps. The line returns to it only `spacingMs` after the last
 * change.
 */
const FLAPPING = { times: 5, windowMs: 300_000, spacingMs: 120_000 };
/**
 * How long the other nodes have to report their address within an IPv6 prefix, counted from the first node that sees
 * the prefix.
 */
const FOLLOW_MS = 60_000;
const FAMILIES: readonly Family[] = ["IPv4", "IPv6"];

export interface DecisionInput {
  readonly spec: DetectionSpec;
  /** From all nodes. Expired ones are ignored. */
  readonly observations: readonly WanObservation[];
  readonly previous: WanAddressStatus | undefined;
  /** metadata.generation of the WanAddress that `spec` was read from. */
  readonly generation: number;
  /** The families for which some record wants an address. */
  readonly neededFamilies: readonly Family[];
  /** Wall clock, milliseconds since the epoch. */
  readonly now: number;
}

export interface Decision {
  /** The complete status. Write it as it is, and only if it differs from the current one. */
  readonly status: WanAddressStatus;
  /** The values that this decision changed. Empty if none. */
  readonly changes: WanChange[];
  /** Milliseconds after which the decision may change without new input. Undefined: never. */
  readonly recheckAfterMs?: number;
}

/**
 * Decides the WAN address from all nodes' observations (docs/how-it-decides.md).
 *
 * A value changes only to one on which every node with a verdict agrees. Anything else, including silence, keeps the
 * last good value. A line that switches back and forth is followed a few times at once, and then every other minute. A
 * value is removed only when its family is removed from `spec.families`. `decisionId` increases by one whenever a value
 * changes, and only then.
 *
 * Pure. The same input gives the same status. A status that is passed back as `previous` stays the same.
 */
export function decide(input: DecisionInput): Decision {
  const { spec, previous = {}, now } = input;
  const time = new Date(now).toISOString();
  const plausibility = createPlausibility(spec);
  const observations = validObservations(input.observations, now);
  const outcomes = new Map<Family, Outcome>(
    spec.families.map((family) => [
      family,
      damped(outcomeOf(observations, family, spec, plausibility, now), family, previous, now),
    ]),
  );
  // One address for all nodes is claimed only under the strictest rules. Otherwise only the prefix is.
  const strict = { ...spec, prefixLength: 128, multiWan: "Refuse", allowUnauthenticated: false } as const;
  const full = spec.families.includes("IPv6") ? outcomeOf(observations, "IPv6", strict, plausibility, now) : undefined;
  const before = { IPv4: knownValues(previous, "IPv4"), IPv6: knownValues(previous, "IPv6") };
  const values = {
    IPv4: nextValues(before.IPv4, previous.ipv4, outcomes.get("IPv4"), spec),
    IPv6: nextValues(before.IPv6, previous.ipv6Prefix, outcomes.get("IPv6"), spec),
  };
  const [ipv4, ipv6Prefix] = [firstOf(values.IPv4, previous.ipv4), firstOf(values.IPv6, previous.ipv6Prefix)];
  const full6 = nextIpv6(previous, ipv6Prefix, outcomes.get("IPv6"), full, now);
  const ipv6 = full6.value;

  const moved = ipv6 !== previous.ipv6 || FAMILIES.some((family) => textOf(values[family]) !== textOf(before[family]));
  const decisionId = (previous.decisionId ?? 0) + (moved ? 1 : 0);
  const changes = FAMILIES.flatMap((family) => {
    const change = changeOf(family, before[family], values[family], outcomes.get(family));
    return change === undefined ? [] : [{ decisionId, time, ...change }];
  });
  const views: FamilyView[] = FAMILIES.map((family) => ({
    family,
    value: textOf(values[family]),
    outcome: outcomes.get(family),
  }));
  // The common address within a prefix comes and goes with a second node that has another one. The line is still the
  // same.
  const lastChangeTime = changes.length > 0 ? time : previous.lastChangeTime;
  return {
    status: {
      ...(ipv4 === undefined ? {} : { ipv4 }),
      ...(values.IPv4.length > 1 ? { ipv4Addresses: values.IPv4 } : {}),
      ...(ipv6Prefix === undefined ? {} : { ipv6Prefix }),
      ...(values.IPv6.length > 1 ? { ipv6Prefixes: values.IPv6 } : {}),
      ...(ipv6 === undefined ? {} : { ipv6 }),
      decisionId,
      ...(lastChangeTime === undefined ? {} : { lastChangeTime }),
      history: [...changes, ...(previous.history ?? [])].slice(0, HISTORY_LENGTH),
      observedGeneration: input.generation,
      conditions: conditionsOf({
        views,
        observed: observations.length > 0,
        nodesAhead: nodesAhead(input.observations, now),
        neededFamilies: input.neededFamilies,
        rules: spec,
        routerReports: routerReports(observations, spec, plausibility),
        previous: previous.conditions ?? [],
        generation: input.generation,
        time,
      }),
    },
    changes,
    ...recheck([firstExpiryMs(observations, now), ...[...outcomes.values()].map(settlingMs), full6.settlesInMs]),
  };
}

/**
 * Postpones a change back to a value that the line left too often lately. A change to another value is never postponed,
 * nor is the first one. Judges by the history in the status only, so that the next leader continues where this one
 * stopped.
 */
function damped(outcome: Outcome, family: Family, previous: WanAddressStatus, now: number): Outcome {
  const known = textOf(knownValues(previous, family));
  if (outcome.kind !== "Agreed" || known === undefined || textOf(outcome.values) === known) return outcome;
  // A date in the future comes from another leader's clock. It does not say how long ago the change was.
  const changes = (previous.history ?? [])
    .map((change) => ({ ...change, ageMs: now - Date.parse(change.time) }))
    .filter((change) => change.family === family && change.ageMs >= 0);
  const left = changes.filter(({ from, ageMs }) => from === textOf(outcome.values) && ageMs < FLAPPING.windowMs);
  const heldForMs = FLAPPING.spacingMs - Math.min(...changes.map(({ ageMs }) => ageMs));
  if (left.length < FLAPPING.times || heldForMs <= 0) return outcome;
  return { kind: "Flapping", heldForMs };
}

function settlingMs(outcome: Outcome): number | undefined {
  if (outcome.kind === "Flapping") return outcome.heldForMs;
  return outcome.kind === "NodesDiffer" && outcome.settlesInMs > 0 ? outcome.settlesInMs : undefined;
}

function recheck(candidates: readonly (number | undefined)[]): Pick<Decision, "recheckAfterMs"> {
  const known = candidates.filter((ms) => ms !== undefined);
  return known.length === 0 ? {} : { recheckAfterMs: Math.min(...known) };
}

/**
 * Returns the new values of a family, sorted. With several values a published one stays while any node is in doubt: it
 * may be that node's.
 *
 * @param outcome undefined: the family is not detected, so it has no values
 */
function nextValues(
  before: readonly string[],
  first: string | undefined,
  outcome: Outcome | undefined,
  { multiWan }: Pick<DetectionSpec, "multiWan">,
): string[] {
  if (outcome === undefined) return [];
  const kept = multiWan === "All" ? before : before.filter((value) => value === first);
  if (outcome.kind !== "Agreed") return [...kept];
  const stay = multiWan === "All" && outcome.doubtful ? kept : [];
  return [...new Set([...outcome.values, ...stay])].sort().slice(0, MOST_VALUES);
}

/** Returns the first value, but keeps the previous one as long as it is among them. */
function firstOf(values: readonly string[], before: string | undefined): string | undefined {
  return before !== undefined && values.includes(before) ? before : values[0];
}

/** Returns the values of a family in a status. */
function knownValues(status: WanAddressStatus, family: Family): readonly string[] {
  const [all, one] = family === "IPv4" ? [status.ipv4Addresses, status.ipv4] : [status.ipv6Prefixes, status.ipv6Prefix];
  return all ?? (one === undefined ? [] : [one]);
}

/** Formats values for the history and messages. Returns undefined if there are none. */
function textOf(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : values.join(", ");
}

/**
 * Returns the one full address that all nodes have in common, for example behind a NAT for IPv6. It is removed when the
 * nodes are known to have different addresses or another prefix, and kept while they are silent. The first node to see
 * a prefix may be the only one because the others are still looking. So its address counts after they had time to look.
 */
function nextIpv6(
  previous: WanAddressStatus,
  prefix: string | undefined,
  outcome: Outcome | undefined,
  full: Outcome | undefined,
  now: number,
): { value?: string | undefined; settlesInMs?: number } {
  if (outcome?.kind !== "Agreed") return { value: prefix === undefined ? undefined : previous.ipv6 };
  if (full?.kind !== "Agreed" || full.nodes.length !== outcome.nodes.length) return {};
  const value = full.values[0]?.replace(/\/128$/, "");
  if (value === previous.ipv6 || full.nodes.length > 1) return { value };
  const known = previous.history?.find(({ to }) => to === prefix)?.time;
  const since = previous.ipv6Prefix !== prefix ? now : known === undefined ? -Infinity : Date.parse(known);
  const settlesInMs = Math.min(since, now) + FOLLOW_MS - now;
  return settlesInMs > 0 ? { settlesInMs } : { value };
}

function changeOf(
  family: Family,
  before: readonly string[],
  after: readonly string[],
  outcome: Outcome | undefined,
): Pick<WanChange, "family" | "from" | "to" | "organisations"> | undefined {
  const [from, to] = [textOf(before), textOf(after)];
  if (outcome?.kind !== "Agreed" || to === undefined || to === from) return undefined;
  return {
    family,
    ...(from === undefined ? {} : { from }),
    to,
    organisations: outcome.organisations.slice(0, 64),
  };
}
