/** The pool that a Service gets its address from if the config names none. */
import type { Problem } from "../../validation/problem.ts";
import { labelsOf, placeProblems, type ServiceKey } from "./allocation.ts";
import type { PlacedPool } from "./schema.ts";

interface Wanted {
  readonly key: ServiceKey;
  readonly namespace: string;
  readonly address: string | undefined;
}

/** The pools from which MetalLB would give the Service an address, or the fixed one that it has. The first is the default. */
export function usablePools(pools: readonly PlacedPool[], wanted: Wanted): PlacedPool[] {
  return pools.filter((pool) => poolMismatch(pool, wanted).length === 0);
}

/** Reports that no pool takes the Service: it would wait for an address for ever. */
export function noUsablePool(pools: readonly PlacedPool[], wanted: Wanted): Problem[] {
  const [first, ...more] = pools.map((pool) => poolMismatch(pool, wanted));
  if (first?.[0] === undefined || more.some(({ length }) => length === 0)) return [];
  const others = more.length === 0 ? "" : `, and ${more.length} more like it`;
  const wrong = `none is for ${SERVICE[wanted.key]}: ${first[0].wrong}${others}`;
  const right = `Its namespace is ${wanted.namespace}, its labels are ${labelsOf(wanted.key)}: let a pool take it, or add one that everybody may use.`;
  return [{ path: ["pools"], wrong, right }];
}

const SERVICE: Readonly<Record<ServiceKey, string>> = {
  service: "the page's Service",
  push: "the Service of esddns:push",
};

/** Why MetalLB would not take an address from this pool for the Service. */
function poolMismatch(pool: PlacedPool, { key, namespace, address }: Wanted): Problem[] {
  const { name } = pool.value;
  const where = { key, namespace, foreignPools: false, foreignAddresses: false };
  return placeProblems({ pool: name, address }, [pool], [name], where);
}
