/** The part of the stack config that is MetalLB's: installation, pools, advertisements, the address of the page. */
import { capacity } from "./values/addresses.ts";
import { checkBgp } from "./keys/bgp/peers.ts";
import { withChartVersion } from "./keys/metallb/chart.ts";
import { splitAddresses } from "./values/fields.ts";
import { homePools, noHome } from "./keys/pools/defaultPool.ts";
import { checkAdopted, checkOwn, frrModes, isWritten } from "./keys/metallb/rules.ts";
import {
  checkAdvertisements,
  checkService,
  duplicateNames,
  placePool,
  routerInPool,
  type PlacedPool,
} from "./keys/pools/allocation.ts";
import { poolProblems, poolWarnings } from "./keys/pools/rules.ts";
import type { Problem } from "./validation/problem.ts";
import { placePush } from "./keys/push.ts";
import type { Reader } from "./reader.ts";
import type { L2, Section } from "./schema.ts";
import { checkClass, checkFamilies, checkIngress, classOf, familiesOf, type Family } from "./keys/service.ts";

/** Every check that spans pools, advertisements and the page; addresses come out in MetalLB's own spelling. */
export function readNetwork(reader: Reader, namespace: string, secretKeys: ReadonlySet<string>) {
  const shared = reader.section("shared");
  const metallb = readMetalLB(reader);
  const pools = reader.items("pools").map(({ index, value }) => placePool(index, value));
  const written = reader.raw("pools") ?? (reader.isSet("pools") ? undefined : []);
  const names = namesOf(written);
  const bgp = reader.section("bgp");
  const l2 = readAdvertisements(reader, pools, names, namespace);
  const service = reader.section("service");
  const adopted = shared === "adopt";
  // What has problems of its own is not to make problems elsewhere.
  const known = !adopted && Array.isArray(written) && written.length === pools.length;
  const where = { namespace, known, foreignPools: adopted || names === undefined, foreignAddresses: !known };
  reader.complain([
    ...duplicateNames(
      ["pools"],
      pools.map(({ index, pool }) => ({ index, name: pool.name })),
    ),
    ...poolProblems(pools),
    ...(adopted
      ? checkAdopted(reader.raw("metallb"))
      : [...noPool(written), ...checkOwn(metallb, reader.raw("metallb"), namespace)]),
    ...(bgp
      ? checkBgp(bgp, {
          pools,
          poolNames: names,
          frrByNode: looksAtNodes(metallb?.version),
          native: !adopted && frrModes(metallb?.values ?? {}).length === 0,
          adopted,
          encrypted: secretKeys.has("bgp"),
        })
      : []),
    ...(service ? checkService(service, pools, names ?? [], where) : []),
  ]);
  const loadBalancerClass = service?.loadBalancerClass ?? classOf(metallb?.values);
  // Named always: where there are other stacks' pools too, MetalLB would take any of them.
  const page = { key: "service", namespace, address: service?.address } as const;
  const pool = service?.pool ?? homePools(pools, page)[0]?.pool.name;
  const addresses = service?.address === undefined ? [] : splitAddresses(service.address);
  const families = familiesOf(addresses, pools.find(({ pool: { name } }) => name === pool)?.pool);
  if (service)
    reader.complain([
      ...(service.pool === undefined && service.address === undefined && known ? noHome(pools, page) : []),
      ...checkFamilies(service, families),
      ...checkIngress(service),
      ...checkClass(service, adopted ? undefined : metallb?.values),
    ]);
  const push = reader.section("push");
  const placed =
    push &&
    service &&
    placePush(push, pools, { ...service, pool, addresses, families: certain(families, service) }, where);
  if (push?.enabled)
    reader.complain([
      ...checkService(push, pools, names ?? [], { ...where, key: "push" }),
      ...(placed?.problems ?? []),
    ]);
  return {
    warnings: poolWarnings(pools),
    /** The router that is asked by NAT-PMP. */
    checkRouter: (router: string | undefined): Problem[] =>
      router === undefined ? [] : routerInPool(router, pools, ["detection", "router"]),
    config: {
      shared,
      metallb,
      pools: pools.map(({ pool, ranges }) => ({
        ...pool,
        addresses: ranges.map((range) => range.canonical),
        // Where MetalLB is shared, a Service of somebody else's must not land in these pools by chance.
        autoAssign: pool.autoAssign ?? !adopted,
        capacity: ranges.reduce((sum, range) => sum + capacity(range, pool.avoidBuggyIPs), 0n),
      })),
      l2,
      bgp,
      push: { ...push, pool: placed?.pool },
      service: { ...service, pool, addresses, families, loadBalancerClass },
    },
  };
}

/** MetalLB 0.16 was the first. */
function looksAtNodes(version = ""): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 0 || minor >= 16;
}

function readMetalLB(reader: Reader): Section<"metallb"> | undefined {
  const metallb = reader.section("metallb");
  return metallb && withChartVersion(metallb, isWritten(reader.raw("metallb"), "version"));
}

function readAdvertisements(
  reader: Reader,
  pools: readonly PlacedPool[],
  names: readonly string[] | undefined,
  namespace: string,
): L2[] {
  if (!reader.isSet("l2")) {
    if (pools.length === 0) return [];
    return [{ name: `${namespace}-l2`, pools: pools.map(({ pool }) => pool.name), interfaces: [], nodeSelectors: [] }];
  }
  const given = reader.items("l2");
  reader.complain([
    ...duplicateNames(
      ["l2"],
      given.map(({ index, value }) => ({ index, name: value.name })),
    ),
    ...checkAdvertisements(pools, given, names, [
      ...announcedIn(reader.raw("l2")),
      ...announcedIn(advertisementsOf(reader.raw("bgp"))),
    ]),
  ]);
  return given.map(({ value }) => value);
}

/** The families of which the page takes an address; with one of two MetalLB decides which. */
function certain(families: readonly Family[], { ipFamilyPolicy }: Section<"service">): readonly Family[] {
  return ipFamilyPolicy === "SingleStack" && families.length > 1 ? [] : families;
}

/** The names of all pools, of those too that have a problem; undefined where there is no list to read them from. */
function namesOf(raw: unknown): string[] | undefined {
  return Array.isArray(raw) ? stringsAt(raw, (pool) => [pool["name"]]) : undefined;
}

/** The pools that any advertisement announces, those too that have a problem. */
function announcedIn(raw: unknown): string[] {
  return stringsAt(raw, ({ pools }) => (Array.isArray(pools) ? pools : [pools]));
}

function advertisementsOf(bgp: unknown): unknown {
  return typeof bgp === "object" && bgp !== null && "advertisements" in bgp ? bgp.advertisements : [];
}

function stringsAt(raw: unknown, pick: (item: Record<string, unknown>) => unknown[]): string[] {
  const items: unknown[] = Array.isArray(raw) ? raw : [];
  const picked = items.flatMap((item) =>
    typeof item === "object" && item !== null ? pick(item as Record<string, unknown>) : [],
  );
  return picked.filter((text) => typeof text === "string");
}

function noPool(written: unknown): Problem[] {
  if (!Array.isArray(written) || written.length > 0) return [];
  const right = "For instance [{ name: esddns-pool, addresses: [192.168.1.100-192.168.1.110] }].";
  return [{ path: ["pools"], wrong: "there is no pool, so no Service could get an address", right }];
}
