/** Checks which addresses of the config's pools the cluster uses already. Pure. */
import {
  describeRange,
  intersection,
  overlap,
  parseNetwork,
  parseSingle,
  readableRanges,
  type AddressRange,
} from "@esddns/common/ip";
import type { StackConfig } from "../config/parse.ts";
import type { PlacedPool } from "../config/keys/pools/schema.ts";
import { quote, type Problem } from "../config/validation/problem.ts";
import type { CheckedConfig, ClusterFacts } from "./facts.ts";

export function placedPools(pools: CheckedConfig["pools"]): readonly PlacedPool[] {
  return pools.map((value, index) => ({ index, value }));
}

/** Reports addresses that something in the cluster has already: two devices would answer for them. */
export function takenAddresses({ pools }: Pick<CheckedConfig, "pools">, facts: ClusterFacts): Problem[] {
  const taken = (facts.nodes ?? []).flatMap(({ name, addresses, podCidrs }) => [
    ...addresses.map((address) => ({ range: parseSingle(address), what: `the address of the node ${name}` })),
    ...podCidrs.map((cidr) => ({ range: networkOf(cidr), what: `for the pods of the node ${name} (${cidr})` })),
  ]);
  const services = facts.serviceCidrs.map((cidr) => ({
    range: networkOf(cidr),
    what: `for the cluster's own Service addresses (${cidr})`,
  }));
  return placedPools(pools).flatMap(({ index, value }) =>
    value.addresses.flatMap((range, i) => {
      const found = [...taken, ...services].flatMap(({ range: other, what }) => {
        const common = other && overlap(range, other);
        return common === undefined ? [] : [{ common, what }];
      });
      const [first, ...more] = found;
      if (first === undefined) return [];
      const others = more.length === 0 ? "" : `, and ${more.length} more like it`;
      const wrong = `${quote(range.canonical)} takes in ${first.common}, ${first.what}${others}`;
      const right = "Take addresses that are free: no node's, no other device's, and not of what DHCP hands out.";
      return [{ path: ["pools", index, "addresses", i], wrong, right }];
    }),
  );
}

/** A pool as it is in the cluster. `owner` is the namespace of the stack that made it, if the pool carries one. */
interface LivePool {
  readonly name: string;
  readonly ranges: readonly AddressRange[];
  readonly owner: string | undefined;
}

type Config = Pick<StackConfig, "namespace" | "shared">;

/**
 * Reports overlaps with pools in the cluster. MetalLB's webhook compares what is written with every other pool as it is
 * at that moment, the stack's own pools included.
 */
export function poolClashes(pools: readonly PlacedPool[], config: Config, facts: ClusterFacts): Problem[] {
  const live = facts.pools.map(({ name, addresses, owner }) => ({ name, owner, ranges: readableRanges(addresses) }));
  return pools.flatMap((written) =>
    live
      .filter(({ name }) => name !== written.value.name)
      .flatMap((other) =>
        written.value.addresses.flatMap((range, i) => {
          const [common] = commonRanges([range], other.ranges);
          if (common === undefined) return [];
          const wrong = `${describeRange(common)} is in the pool ${quote(other.name)} of the cluster already`;
          const right = remedy(written, other, pools, live, config);
          return [{ path: ["pools", written.index, "addresses", i], wrong, right }];
        }),
      ),
  );
}

/**
 * Returns how to move addresses between pools of the stack. One up writes all pools at once and deletes last, so the
 * addresses must leave their pool in an earlier up.
 */
function remedy(
  written: PlacedPool,
  from: LivePool,
  pools: readonly PlacedPool[],
  live: readonly LivePool[],
  { namespace, shared }: Config,
): string {
  const stays = pools.find(({ value }) => value.name === from.name);
  const own = from.owner === namespace || (stays !== undefined && from.owner === undefined);
  if (!own) return "MetalLB takes no address twice: take others, or take it out of that pool first.";
  const [to, other] = [quote(written.value.name), quote(from.name)];
  const mine = live.find(({ name }) => name === written.value.name);
  const until = mine ? `write ${list(shrunk(mine.ranges, written.value.addresses))} for ${to}` : `leave ${to} out`;
  if (stays !== undefined) {
    return `MetalLB takes no address twice. In one up, ${until} and write ${rest(from, stays, live)} for ${other}; in the next, as now.`;
  }
  const whose = `${other} is this stack's own, and goes last.`;
  const possible =
    mine !== undefined || shared === "adopt" || pools.some(({ value }) => !clash(value.addresses, from.ranges));
  if (possible) return `${whose} In one up, ${until}; in the next, as now.`;
  // Otherwise the stack would have no pool at all.
  const spared = without(
    from.ranges,
    pools.flatMap(({ value }) => value.addresses),
  );
  const meanwhile = spared.length > 0 ? list(spared) : "a free address that is in no pool";
  return `${whose} Keep its name, or rename it in two steps: in one up, ${until} and write ${meanwhile} for ${other}; in the next, as now.`;
}

/** Returns the addresses that a pool has in the first of the two steps. */
function rest(from: LivePool, { value: { addresses: written } }: PlacedPool, live: readonly LivePool[]): string {
  const kept = commonRanges(from.ranges, written);
  if (kept.length > 0) return list(kept);
  const free = live.every(({ name, ranges }) => name === from.name || !clash(written, ranges));
  return free ? list(written) : "a free address that is in no pool";
}

/** Returns the addresses of a pool that it has now and keeps. A pool that keeps none stays as it is. */
function shrunk(live: readonly AddressRange[], written: readonly AddressRange[]): readonly AddressRange[] {
  const kept = commonRanges(live, written);
  return kept.length > 0 ? kept : live;
}

function list(ranges: readonly AddressRange[]): string {
  return `[${ranges.map(describeRange).join(", ")}]`;
}

function clash(some: readonly AddressRange[], others: readonly AddressRange[]): boolean {
  return commonRanges(some, others).length > 0;
}

function commonRanges(some: readonly AddressRange[], others: readonly AddressRange[]): AddressRange[] {
  return some.flatMap((range) => others.flatMap((other) => intersection(range, other) ?? []));
}

function without(ranges: readonly AddressRange[], taken: readonly AddressRange[]): readonly AddressRange[] {
  return taken.reduce<readonly AddressRange[]>(
    (left, other) =>
      left.flatMap((range) => {
        if (overlap(range, other) === undefined) return [range];
        const before = { ...range, last: other.first - 1n };
        const after = { ...range, first: other.last + 1n };
        return [before, after].filter(({ first, last }) => first <= last);
      }),
    ranges,
  );
}

function networkOf(cidr: string): AddressRange | undefined {
  const parsed = parseNetwork(cidr);
  return parsed.ok ? parsed.range : undefined;
}
