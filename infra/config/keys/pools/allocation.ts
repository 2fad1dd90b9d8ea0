/** What must hold between pools, advertisements and the address of the status page. */
import { contains, describeRange, parseSingle, readableRanges, type AddressRange } from "@esddns/common/ip";
import { labels, names } from "../../../names.ts";
import { splitAddresses } from "../../values/fields.ts";
import { didYouMean, formatPath, quote, type KeyPath, type Problem } from "../../validation/problem.ts";
import type { Placed } from "../../reader.ts";
import type { L2, Pool } from "../../schema.ts";
import { type Labels, selected } from "../../values/selectors.ts";

/** A pool as it stands in the config, with its place there and its addresses read. */
export interface PlacedPool {
  readonly index: number;
  readonly pool: Pool;
  readonly ranges: readonly AddressRange[];
}

export function placePool(index: number, pool: Pool): PlacedPool {
  return { index, pool, ranges: readableRanges(pool.addresses) };
}

/** `path`: of the list. */
export function duplicateNames(path: KeyPath, items: readonly { index: number; name: string }[]): Problem[] {
  return items.flatMap(({ index, name }, i) => {
    const earlier = items.slice(0, i).find((item) => item.name === name);
    if (earlier === undefined) return [];
    const wrong = `${quote(name)} is the name of ${formatPath([...path, earlier.index])} already`;
    return [{ path: [...path, index, "name"], wrong, right: "Give each a name of its own." }];
  });
}

/**
 * Advertisements name pools that exist, and every pool is announced by one.
 * `names` and `announced` count what has problems of its own, too, and names are undefined where none can be read:
 * each mistake is told once.
 */
export function checkAdvertisements(
  pools: readonly PlacedPool[],
  advertisements: readonly Placed<L2>[],
  names: readonly string[] | undefined,
  announced: readonly string[],
): Problem[] {
  const unknown = advertisements.flatMap(({ index, value }) =>
    value.pools.flatMap((name, i) =>
      names === undefined || names.includes(name) ? [] : [unknownPool(name, names, ["l2", index, "pools", i])],
    ),
  );
  const silent = pools.flatMap(({ index, pool }) =>
    announced.includes(pool.name)
      ? []
      : [
          {
            path: ["pools", index],
            wrong: `no advertisement announces ${quote(pool.name)}, so nobody could reach its addresses`,
            right:
              "Name it in one entry of esddns:l2 or of esddns:bgp.advertisements, or leave esddns:l2 out: then every pool is announced.",
          },
        ],
  );
  return [...unknown, ...silent];
}

/** A router cannot be reached at an address that MetalLB gives to Services. `path`: of the key that names it. */
export function routerInPool(router: string, pools: readonly PlacedPool[], path: KeyPath): Problem[] {
  const address = parseSingle(router);
  const home = address && pools.find(({ ranges }) => ranges.some((range) => contains(range, address)));
  if (home === undefined) return [];
  const wrong = `${quote(router)} is one of the addresses of the pool ${quote(home.pool.name)}`;
  return [{ path, wrong, right: "Take the router's own address out of the pool." }];
}

/** What says where a Service gets its address. */
interface Place {
  readonly pool?: string | undefined;
  readonly address?: string | undefined;
}

/**
 * Pool and fixed address of a Service fit together, and its namespace and labels may use them.
 * `foreignPools`, `foreignAddresses`: there may be others than are known here. `key`: default the page's.
 */
export function checkService(
  service: Place,
  pools: readonly PlacedPool[],
  poolNames: readonly string[],
  where: {
    readonly namespace: string;
    readonly foreignPools: boolean;
    readonly foreignAddresses: boolean;
    readonly key?: ServiceKey;
  },
): Problem[] {
  const { key = "service" } = where;
  const named = pools.find(({ pool }) => pool.name === service.pool);
  if (service.pool !== undefined && !poolNames.includes(service.pool)) {
    return where.foreignPools ? [] : [unknownPool(service.pool, poolNames, [key, "pool"])];
  }
  const chosen = service.pool === undefined ? poolOf(service.address, pools) : named;
  return [
    ...addressProblems(
      service,
      [key, "address"],
      named ? [named] : pools,
      where.foreignAddresses && named === undefined,
    ),
    ...(chosen ? barred(chosen.pool, service, key, where.namespace) : []),
  ];
}

/** Why MetalLB would give the Service no address of the pool. */
function barred(pool: Pool, service: Place, key: ServiceKey, namespace: string): Problem[] {
  const path = [key, service.pool === undefined ? "address" : "pool"];
  const other = service.pool === undefined ? "take an address of another pool" : "take another pool";
  const problems: Problem[] = [];
  if (!serviceMayUse(pool, LABELS[key])) {
    const right = `Its labels are ${labelsOf(key)}. Add a selector for one, or ${other}.`;
    problems.push({ path, wrong: `the serviceSelectors of ${quote(pool.name)} do not take this Service`, right });
  }
  if (!namespaceMayUse(pool, namespace)) {
    const wrong = `${quote(pool.name)} is kept for the namespaces ${pool.namespaces.join(", ")}`;
    problems.push({ path, wrong, right: `Add ${namespace} to them, or ${other}.` });
  }
  return problems;
}

/** Where the namespace's labels decide, only the cluster knows: it is given the benefit of the doubt. */
function namespaceMayUse(pool: Pool, namespace: string): boolean {
  if (pool.namespaceSelectors.length > 0) return true;
  return pool.namespaces.length === 0 || pool.namespaces.includes(namespace);
}

function serviceMayUse({ serviceSelectors }: Pool, of: Labels): boolean {
  return serviceSelectors.length === 0 || selected(serviceSelectors, of);
}

/** Of the Services that get an address, by the key of the config. */
const LABELS = { service: labels(names.page.app), push: labels(names.operator.app) } as const;

export type ServiceKey = keyof typeof LABELS;

export function labelsOf(key: ServiceKey): string {
  return Object.entries(LABELS[key])
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ");
}

function addressProblems(service: Place, path: KeyPath, pools: readonly PlacedPool[], foreign: boolean): Problem[] {
  if (service.address === undefined) return [];
  const homes = splitAddresses(service.address).map((text) => ({ text, home: homeOf(text, pools) }));
  const problems: Problem[] = [];
  for (const { text, home } of homes) {
    if (home === undefined) {
      if (foreign) continue;
      const which = service.pool === undefined ? "any pool of this stack" : `the pool ${quote(service.pool)}`;
      problems.push({ path, wrong: `${text} is not in ${which}`, right: `Take one of ${spellOut(pools)}.` });
    } else if (home.pool.avoidBuggyIPs && /\.(0|255)$/.test(text)) {
      const right = "Take another address, or leave avoidBuggyIPs out.";
      problems.push({ path, wrong: `${text} is left out of ${quote(home.pool.name)} by avoidBuggyIPs`, right });
    }
  }
  if (new Set(homes.flatMap(({ home }) => (home ? [home.index] : []))).size > 1) {
    problems.push({ path, wrong: `${service.address} are addresses of two pools`, right: "A Service has one pool." });
  }
  return problems;
}

function homeOf(address: string, pools: readonly PlacedPool[]): PlacedPool | undefined {
  const single = parseSingle(address);
  return single && pools.find(({ ranges }) => ranges.some((range) => contains(range, single)));
}

/** The pool of a fixed address; of one of each family the first decides, and addressProblems tells where they differ. */
function poolOf(address: string | undefined, pools: readonly PlacedPool[]): PlacedPool | undefined {
  return address === undefined ? undefined : homeOf(splitAddresses(address)[0] ?? "", pools);
}

function spellOut(pools: readonly PlacedPool[]): string {
  return pools.flatMap(({ ranges }) => ranges.map(describeRange)).join(", ") || "a pool's addresses";
}

export function unknownPool(name: string, names: readonly string[], path: KeyPath): Problem {
  const hint = didYouMean(name, names).trim();
  const known = names.length === 0 ? "There are none." : `There are ${names.map(quote).join(", ")}.`;
  return { path, wrong: `${quote(name)} is no pool of esddns:pools`, right: hint || known };
}
