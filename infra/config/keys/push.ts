/** The Service of POST /probe: which pool its address is of, and whether there is one for it beside the page's. */
import { capacity } from "../values/addresses.ts";
import { splitAddresses } from "../values/fields.ts";
import { homePools, noHome } from "./pools/defaultPool.ts";
import type { PlacedPool } from "./pools/allocation.ts";
import { quote, type Problem } from "../validation/problem.ts";
import type { Section } from "../schema.ts";
import { familiesOf, type Family } from "./service.ts";

type Push = Section<"push">;

/** What the page has, or is certain to take. */
interface Page {
  readonly pool: string | undefined;
  /** Its fixed ones. */
  readonly addresses: readonly string[];
  /** It takes an address of each. */
  readonly families: readonly Family[];
  readonly externalTrafficPolicy: "Cluster" | "Local";
}

/** Whether page and push are to name one key, by which MetalLB lets Services have the same address. */
export function sharesAddress(page: Pick<Page, "addresses">, push: Pick<Push, "enabled" | "address">): boolean {
  if (!push.enabled) return false;
  if (push.address === undefined) return page.addresses.length === 0;
  return splitAddresses(push.address).some((address) => page.addresses.includes(address));
}

/**
 * Its pool where the config names none: the page's if that takes it and has room, or else the first such. Unnamed it
 * could get an address of another stack's pool, and would get none of a pool without autoAssign.
 * `known`: there are no pools but these.
 */
export function placePush(
  push: Push,
  pools: readonly PlacedPool[],
  page: Page,
  { namespace, known }: { readonly namespace: string; readonly known: boolean },
): { pool: string | undefined; problems: Problem[] } {
  const wanted = { key: "push", namespace, address: push.address } as const;
  const isPages = ({ pool }: PlacedPool) => pool.name === page.pool;
  const homes = homePools(pools, wanted).sort((a, b) => Number(isPages(b)) - Number(isPages(a)));
  const roomy = (home: PlacedPool) => hasRoom(home, push, page);
  const home =
    push.pool === undefined ? (homes.find(roomy) ?? homes[0]) : pools.find(({ pool: { name } }) => name === push.pool);
  // Where no pool takes the page, the reason is told once.
  const homeless = known && push.pool === undefined && push.address === undefined && page.pool !== undefined;
  return {
    pool: push.pool ?? home?.pool.name,
    problems: [
      ...checkSharing(page, push),
      ...(homeless ? noHome(pools, wanted) : []),
      ...(home && !roomy(home) ? [noRoom(home, couldShare(page, push))] : []),
    ],
  };
}

/** MetalLB shares an address between Services of different pods only where neither asks for the client's own. */
function couldShare(page: Pick<Page, "externalTrafficPolicy">, push: Pick<Push, "port">): boolean {
  return page.externalTrafficPolicy !== "Local" && push.port !== PAGE_PORT;
}

function checkSharing(page: Page, push: Push): Problem[] {
  if (push.address === undefined || !sharesAddress(page, push) || couldShare(page, push)) return [];
  if (push.port === PAGE_PORT) {
    const right = "Take another port, 8081 for instance, or give push an address of its own.";
    return [{ path: ["push", "port"], wrong: `${PAGE_PORT} is the page's at the same address`, right }];
  }
  const wrong = "is the page's address, which externalTrafficPolicy Local cannot share";
  return [{ path: ["push", "address"], wrong, right: "Give push an address of its own, or leave the policy out." }];
}

/** Without a fixed address MetalLB gives it one of whichever family is left. */
function hasRoom({ pool, ranges }: PlacedPool, push: Push, page: Page): boolean {
  // Of a fixed one that cannot be shared, checkSharing tells.
  if (sharesAddress(page, push) && (push.address !== undefined || couldShare(page, push))) return true;
  const left = (family: Family) => {
    const taken = page.pool === pool.name && page.families.includes(family) ? 1n : 0n;
    const own = ranges.filter((range) => range.family === family);
    return own.reduce((sum, range) => sum + capacity(range, pool.avoidBuggyIPs), 0n) > taken;
  };
  if (push.address === undefined) return left("IPv4") || left("IPv6");
  return familiesOf(splitAddresses(push.address), undefined).every(left);
}

function noRoom({ index, pool }: PlacedPool, shareable: boolean): Problem {
  const wrong = `the pool ${quote(pool.name)} has no address for it beside the page's`;
  const share = shareable ? ", or write the same in service.address and push.address: they can share it" : "";
  return { path: ["push"], wrong, right: `Add one to esddns:pools[${index}].addresses${share}.` };
}

const PAGE_PORT = 80;
