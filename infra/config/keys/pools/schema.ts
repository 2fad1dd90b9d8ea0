/** Address pools, as MetalLB's IPAddressPool has them. */
import type { AddressRange } from "@esddns/common/ip";
import { z } from "zod";
import { RESOURCE_NAMES, stackKey } from "../../keyFacts.ts";
import { quote } from "../../validation/problem.ts";
import type { Placed } from "../../validation/shape.ts";
import { parsePoolRange } from "../../values/addresses.ts";
import * as fields from "../../values/fields.ts";
import { distinct } from "../../values/lists.ts";
import { labelSelector } from "../../values/selectors.ts";

/** An entry of a pool; `written`: as it is in the config. */
export interface PoolRange extends AddressRange {
  readonly written: string;
}

const poolRange = z.string().transform((written, context): PoolRange => {
  const parsed = parsePoolRange(written);
  if (parsed.ok) return { ...parsed.range, written };
  const message = `${quote(written)} ${parsed.wrong}`;
  context.addIssue({ code: "custom", message, params: { right: parsed.right } });
  return z.NEVER;
});

const pool = z.object({
  name: fields.objectName.describe("The pool's name, for instance esddns-pool."),
  addresses: z
    .array(poolRange)
    .min(1)
    .describe("Addresses, ranges or CIDRs that are free on your LAN, for instance [192.168.1.100-192.168.1.110]."),
  autoAssign: z.boolean().optional().describe("Whether Services that name no pool may get an address of this one."),
  avoidBuggyIPs: z.boolean().default(false).describe("Whether addresses that end in .0 and .255 are left out."),
  namespaces: distinct(z.array(fields.objectName))
    .default([])
    .describe("The only namespaces that may use the pool; none: all."),
  namespaceSelectors: distinct(z.array(labelSelector)).default([]).describe("The same, by the namespaces' labels."),
  serviceSelectors: distinct(z.array(labelSelector))
    .default([])
    .describe("The only Services that may use it, by label; none: all."),
  priority: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe("Among such pools the lowest is used first; 0 comes last."),
});

export const poolsKey = stackKey(
  z
    .array(pool)
    .describe("Write a list: [{ name: esddns-pool, addresses: [192.168.1.100-192.168.1.110] }].")
    .default([]),
  { encrypted: { refused: `the names of pools become ${RESOURCE_NAMES}` }, guide: "metallb.md#pools" },
);

export type Pool = z.output<typeof pool>;
/** A pool with its place in the list. */
export type PlacedPool = Placed<Pool>;
