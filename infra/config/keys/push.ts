/** The Service of POST /probe: the pool of its address, and whether that has one for it beside the page's. */
import type { Family } from "@esddns/common/api";
import { z } from "zod";
import { stackKey } from "../keyFacts.ts";
import { quote, type Problem } from "../validation/problem.ts";
import { capacity } from "../values/addresses.ts";
import { serviceAddress, splitAddresses } from "../values/fields.ts";
import { noUsablePool, usablePools } from "./pools/defaultPool.ts";
import type { PlacedPool } from "./pools/schema.ts";
import { familiesOf, type PagePlace, type Service } from "./service.ts";

const push = z.object({
  enabled: z.boolean().default(false).describe("Whether routers and scripts may ask for a look by POST /probe."),
  port: z.int().min(1).max(65535).default(8081).describe("The port on the LAN that takes the request."),
  pool: z
    .string()
    .optional()
    .describe("The pool of its address; default the page's, or another of this stack's that takes it."),
  address: serviceAddress.optional().describe("Its fixed address; may be that of the page."),
});

export const pushKey = stackKey(push.prefault({}), { encrypted: "secret", guide: "push.md" });

type Push = z.output<typeof push>;

type Page = PagePlace & Pick<Service, "externalTrafficPolicy" | "ipFamilyPolicy">;

/** Whether page and push name the same sharing key: with it MetalLB gives both Services one address. */
export function sharesAddress(page: Pick<Page, "addresses">, push: Pick<Push, "enabled" | "address">): boolean {
  if (!push.enabled) return false;
  if (push.address === undefined) return page.addresses.length === 0;
  return splitAddresses(push.address).some((address) => page.addresses.includes(address));
}

/**
 * The name of its pool. If the config names none: the page's pool if that takes it and has room, or else the first such.
 * Unnamed it could get an address of another stack's pool, and would get none of a pool without autoAssign.
 */
export function pushPool(push: Push, pools: readonly PlacedPool[], page: Page, namespace: string): string | undefined {
  return push.pool ?? poolFor(push, pools, page, namespace)?.value.name;
}

/** Its address beside the page's. `known`: there are no pools but these. */
export function pushProblems(
  push: Push,
  pools: readonly PlacedPool[],
  page: Page,
  { namespace, known }: { readonly namespace: string; readonly known: boolean },
): Problem[] {
  const wanted = { key: "push", namespace, address: push.address } as const;
  const pool = poolFor(push, pools, page, namespace);
  // If no pool takes the page either, the reason is reported there.
  const asksForAny = known && push.pool === undefined && push.address === undefined && page.pool !== undefined;
  return [
    ...sharingProblems(page, push),
    ...(asksForAny ? noUsablePool(pools, wanted) : []),
    ...(pool && !hasRoom(pool, push, page) ? [noRoom(pool, couldShare(page, push))] : []),
  ];
}

function poolFor(push: Push, pools: readonly PlacedPool[], page: Page, namespace: string): PlacedPool | undefined {
  if (push.pool !== undefined) return pools.find(({ value }) => value.name === push.pool);
  const isPages = ({ value }: PlacedPool) => value.name === page.pool;
  const wanted = { key: "push", namespace, address: push.address } as const;
  const usable = usablePools(pools, wanted).sort((a, b) => Number(isPages(b)) - Number(isPages(a)));
  return usable.find((pool) => hasRoom(pool, push, page)) ?? usable[0];
}

/** MetalLB shares an address between Services of different pods only if neither keeps the client's own address. */
function couldShare(page: Pick<Page, "externalTrafficPolicy">, push: Pick<Push, "port">): boolean {
  return page.externalTrafficPolicy !== "Local" && push.port !== PAGE_PORT;
}

function sharingProblems(page: Page, push: Push): Problem[] {
  if (push.address === undefined || !sharesAddress(page, push) || couldShare(page, push)) return [];
  if (push.port === PAGE_PORT) {
    const right = "Take another port, 8081 for instance, or give push an address of its own.";
    return [{ path: ["push", "port"], wrong: `${PAGE_PORT} is the page's at the same address`, right }];
  }
  const wrong = "is the page's address, which externalTrafficPolicy Local cannot share";
  return [{ path: ["push", "address"], wrong, right: "Give push an address of its own, or leave the policy out." }];
}

/** Whether the pool has an address left for it. Without a fixed one MetalLB takes whichever family is left. */
function hasRoom({ value: pool }: PlacedPool, push: Push, page: Page): boolean {
  // sharingProblems reports a fixed one that cannot be shared.
  if (sharesAddress(page, push) && (push.address !== undefined || couldShare(page, push))) return true;
  const left = (family: Family) => {
    const taken = page.pool === pool.name && certainFamilies(page).includes(family) ? 1n : 0n;
    const own = pool.addresses.filter((range) => range.family === family);
    return own.reduce((sum, range) => sum + capacity(range, pool.avoidBuggyIPs), 0n) > taken;
  };
  if (push.address === undefined) return left("IPv4") || left("IPv6");
  return familiesOf(splitAddresses(push.address), undefined).every(left);
}

/** The families of which the page takes an address. With one of two, MetalLB decides which. */
function certainFamilies({ families, ipFamilyPolicy }: Page): readonly Family[] {
  return ipFamilyPolicy === "SingleStack" && families.length > 1 ? [] : families;
}

function noRoom({ index, value: pool }: PlacedPool, shareable: boolean): Problem {
  const wrong = `the pool ${quote(pool.name)} has no address for it beside the page's`;
  const share = shareable ? ", or write the same in service.address and push.address: they can share it" : "";
  return { path: ["push"], wrong, right: `Add one to esddns:pools[${index}].addresses${share}.` };
}

const PAGE_PORT = 80;
