/** L2 advertisements: which pools are announced by ARP and NDP, by which nodes and on which interfaces. */
import { z } from "zod";
import { RESOURCE_NAMES, stackKey } from "../keyFacts.ts";
import * as fields from "../values/fields.ts";
import { distinct } from "../values/lists.ts";
import { labelSelector } from "../values/selectors.ts";

const advertisement = z.object({
  name: fields.objectName.describe("The advertisement's name, for instance esddns-l2."),
  pools: distinct(z.array(z.string()).min(1)).describe(
    "The pools that it announces. Without one MetalLB would announce every pool in the cluster.",
  ),
  interfaces: distinct(z.array(fields.interfaceName))
    .default([])
    .describe("The only network interfaces to announce on; none: all."),
  nodeSelectors: distinct(z.array(labelSelector))
    .default([])
    .describe("The only nodes that announce, by label; none: all."),
});

export const l2Key = stackKey(
  z
    .array(advertisement)
    .describe("Write a list: [{ name: esddns-l2, pools: [esddns-pool] }]; left out, every pool is announced.")
    .optional(),
  {
    encrypted: { refused: `the names of advertisements become ${RESOURCE_NAMES}` },
    guide: "metallb.md#layer-2",
    undeclared:
      "L2 advertisements, a list of { name, pools, interfaces, nodeSelectors }. Left out, one announces every pool of the stack; [] announces none.",
  },
);

export type L2 = z.output<typeof advertisement>;

/** What announces every pool if the config has no `l2`. */
export function defaultL2(namespace: string, pools: readonly { readonly name: string }[]): L2[] {
  if (pools.length === 0) return [];
  return [{ name: `${namespace}-l2`, pools: pools.map(({ name }) => name), interfaces: [], nodeSelectors: [] }];
}
