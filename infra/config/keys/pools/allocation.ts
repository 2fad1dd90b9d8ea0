/** Which Service may have which addresses of which pool, and how many a pool has to give away. */
import { contains, describeRange, parseSingle } from "@esddns/common/ip";
import { labels, names } from "../../../names.ts";
import { didYouMean, quote, type KeyPath, type Problem } from "../../validation/problem.ts";
import { capacity } from "../../values/addresses.ts";
import { splitAddresses } from "../../values/fields.ts";
import { selected, type Labels } from "../../values/selectors.ts";
import type { PlacedPool, Pool } from "./schema.ts";

/** How many addresses a pool has to give away, of both families. */
export function capacityOf({ addresses, avoidBuggyIPs }: Pool): bigint {
  return addresses.reduce((sum, range) => sum + capacity(range, avoidBuggyIPs), 0n);
}

/** A router cannot be reached at an address that MetalLB gives to Services. `path`: of the key that names it. */
export function routerInPool(router: string, pools: readonly PlacedPool[], path: KeyPath): Problem[] {
  const address = parseSingle(router);
  const pool = address && pools.find(({ value }) => value.addresses.some((range) => contains(range, address)));
  if (pool === undefined) return [];
  const wrong = `${quote(router)} is one of the addresses of the pool ${quote(pool.value.name)}`;
  return [{ path, wrong, right: "Take the router's own address out of the pool." }];
}

/** Where a Service gets its address. */
interface Place {
  readonly pool?: string | undefined;
  readonly address?: string | undefined;
}

/**
 * Pool and fixed address of a Service fit together, and its namespace and labels may use them.
 * `foreignPools`, `foreignAddresses`: there may be others than are known here. `key`: default the page's.
 */
export function placeProblems(
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
  const named = pools.find(({ value }) => value.name === service.pool);
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
    ...(chosen ? barred(chosen.value, service, key, where.namespace) : []),
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

/** If the labels of the namespace decide, only the cluster knows: the config is given the benefit of the doubt. */
function namespaceMayUse(pool: Pool, namespace: string): boolean {
  if (pool.namespaceSelectors.length > 0) return true;
  return pool.namespaces.length === 0 || pool.namespaces.includes(namespace);
}

function serviceMayUse({ serviceSelectors }: Pool, of: Labels): boolean {
  return serviceSelectors.length === 0 || selected(serviceSelectors, of);
}

/** The labels of the Services that get an address, by the key of the config. */
const LABELS = { service: labels(names.page.app), push: labels(names.operator.app) } as const;

export type ServiceKey = keyof typeof LABELS;

export function labelsOf(key: ServiceKey): string {
  return Object.entries(LABELS[key])
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ");
}

function addressProblems(service: Place, path: KeyPath, pools: readonly PlacedPool[], foreign: boolean): Problem[] {
  if (service.address === undefined) return [];
  const found = splitAddresses(service.address).map((text) => ({ text, pool: poolWith(text, pools) }));
  const problems: Problem[] = [];
  for (const { text, pool } of found) {
    if (pool === undefined) {
      if (foreign) continue;
      const which = service.pool === undefined ? "any pool of this stack" : `the pool ${quote(service.pool)}`;
      problems.push({ path, wrong: `${text} is not in ${which}`, right: `Take one of ${spellOut(pools)}.` });
    } else if (pool.value.avoidBuggyIPs && /\.(0|255)$/.test(text)) {
      const right = "Take another address, or leave avoidBuggyIPs out.";
      problems.push({ path, wrong: `${text} is left out of ${quote(pool.value.name)} by avoidBuggyIPs`, right });
    }
  }
  if (new Set(found.flatMap(({ pool }) => (pool ? [pool.index] : []))).size > 1) {
    problems.push({ path, wrong: `${service.address} are addresses of two pools`, right: "A Service has one pool." });
  }
  return problems;
}

function poolWith(address: string, pools: readonly PlacedPool[]): PlacedPool | undefined {
  const single = parseSingle(address);
  return single && pools.find(({ value }) => value.addresses.some((range) => contains(range, single)));
}

/** The pool of a fixed address. With one of each family the first decides; addressProblems reports two pools. */
function poolOf(address: string | undefined, pools: readonly PlacedPool[]): PlacedPool | undefined {
  return address === undefined ? undefined : poolWith(splitAddresses(address)[0] ?? "", pools);
}

function spellOut(pools: readonly PlacedPool[]): string {
  return pools.flatMap(({ value }) => value.addresses.map(describeRange)).join(", ") || "a pool's addresses";
}

export function unknownPool(name: string, names: readonly string[], path: KeyPath): Problem {
  const hint = didYouMean(name, names).trim();
  const known = names.length === 0 ? "There are none." : `There are ${names.map(quote).join(", ")}.`;
  return { path, wrong: `${quote(name)} is no pool of esddns:pools`, right: hint || known };
}
