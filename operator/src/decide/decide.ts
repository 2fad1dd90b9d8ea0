import type { DetectionSpec, Family, WanAddressStatus, WanChange, WanObservation } from "@esddns/common/api";
import { routerReports } from "./behindNat.ts";
import type { FamilyView } from "./conditions.ts";
import { conditionsOf } from "./conditions.ts";
import { createPlausibility } from "@esddns/common/ip";
import type { Outcome } from "./verdicts.ts";
import { firstExpiryMs, nodesAhead, outcomeOf, validObservations } from "./verdicts.ts";

const HISTORY_LENGTH = 20;
/** Of one family in the status. */
const MOST_VALUES = 32;
/** A value that was left so often within the window flaps: it is come back to this long after the last change only. */
const FLAPPING = { times: 5, windowMs: 300_000, spacingMs: 120_000 };
/** So long the other nodes have, from the first one that sees an IPv6 prefix, to say which address they have in it. */
const FOLLOW_MS = 60_000;
const FAMILIES: readonly Family[] = ["IPv4", "IPv6"];

export interface DecisionInput {
  readonly spec: DetectionSpec;
  /** Of all nodes; those that have expired are left out here. */
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
  /** Complete: to be written as it is, and only where it differs from what stands there. */
  readonly status: WanAddressStatus;
  /** What this decision changed; empty if no value changed. */
  readonly changes: WanChange[];
  /** When the passing of time alone may change the decision, in milliseconds from now; undefined: never. */
  readonly recheckAfterMs?: number;
}

/**
 * The writer's judgement over all nodes' observations (DESIGN section 5).
 *
 * A value changes only to one on which every node that has a verdict agrees; anything else, silence included, keeps
 * the last good one. A line that swings to and fro is followed a few times at once, and then every other minute. Only
 * taking a family out of `spec.families` takes its value away. `decisionId` increases by one when any value changes and
 * never otherwise. Pure: the same input gives the same status, and the status, given back as `previous`, stays as it is.
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
  // The one address of all nodes is claimed only on the strictest terms; otherwise the prefix alone is.
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
  // An address within the prefix comes and goes with the second node that has one of its own: the line is the same.
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
 * A change back to where the line has just left too often is put off; one to another value never is, nor the first one.
 * Judged by the history in the status alone, so that the next leader goes on where this one ends.
 */
function damped(outcome: Outcome, family: Family, previous: WanAddressStatus, now: number): Outcome {
  const known = textOf(knownValues(previous, family));
  if (outcome.kind !== "Agreed" || known === undefined || textOf(outcome.values) === known) return outcome;
  // What another leader's clock dates later than now says nothing of how long ago it was.
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
 * In order. Where several are wanted, one that stands there stays while some node is in doubt: it may be that node's.
 * @param outcome undefined: the family is not looked for, so that nothing is said of it
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

/** The one value of a family, where one must do: the former as long as it is among them. */
function firstOf(values: readonly string[], before: string | undefined): string | undefined {
  return before !== undefined && values.includes(before) ? before : values[0];
}

/** The values of a family that stand in a status. */
function knownValues(status: WanAddressStatus, family: Family): readonly string[] {
  const [all, one] = family === "IPv4" ? [status.ipv4Addresses, status.ipv4] : [status.ipv6Prefixes, status.ipv6Prefix];
  return all ?? (one === undefined ? [] : [one]);
}

/** As history and messages have them; undefined: there are none. */
function textOf(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : values.join(", ");
}

/**
 * The one full address that all nodes have in common, as behind a NAT for IPv6. Gone as soon as they are known to have
 * different ones, or another prefix; kept while they say nothing. The first node to see a prefix may be alone only
 * because the others are still looking: its address counts when they have had the time.
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
