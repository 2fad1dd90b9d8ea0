/** The pool that a Service gets its address from where the config names none. */
import { checkService, labelsOf, type PlacedPool, type ServiceKey } from "./allocation.ts";
import type { Problem } from "../../validation/problem.ts";

interface Wanted {
  readonly key: ServiceKey;
  readonly namespace: string;
  readonly address: string | undefined;
}

/** Those of which MetalLB would give the Service an address, or the fixed one that it has. */
export function homePools(pools: readonly PlacedPool[], wanted: Wanted): PlacedPool[] {
  return pools.filter((home) => misfits(home, wanted).length === 0);
}

/** Where no pool takes the Service, it would wait for an address for ever. */
export function noHome(pools: readonly PlacedPool[], wanted: Wanted): Problem[] {
  const [first, ...more] = pools.map((home) => misfits(home, wanted));
  if (first?.[0] === undefined || more.some(({ length }) => length === 0)) return [];
  const others = more.length === 0 ? "" : `, and ${more.length} more like it`;
  const wrong = `none is for ${WHOSE[wanted.key]}: ${first[0].wrong}${others}`;
  const right = `Its namespace is ${wanted.namespace}, its labels are ${labelsOf(wanted.key)}: let a pool take it, or add one that everybody may use.`;
  return [{ path: ["pools"], wrong, right }];
}

const WHOSE: Readonly<Record<ServiceKey, string>> = {
  service: "the page's Service",
  push: "the Service of esddns:push",
};

function misfits({ index, pool, ranges }: PlacedPool, { key, namespace, address }: Wanted): Problem[] {
  const where = { key, namespace, foreignPools: false, foreignAddresses: false };
  return checkService({ pool: pool.name, address }, [{ index, pool, ranges }], [pool.name], where);
}
