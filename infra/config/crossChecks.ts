/** The rules across keys. A rule about a single key is beside its schema, in keys/. */
import { bgpProblems } from "./keys/bgp/rules.ts";
import { withChartVersion } from "./keys/metallb/chart.ts";
import { adoptedProblems, frrByNode, frrModes, ownProblems } from "./keys/metallb/rules.ts";
import type { MetalLB } from "./keys/metallb/schema.ts";
import { placeProblems, routerInPool, unknownPool } from "./keys/pools/allocation.ts";
import { noPool } from "./keys/pools/rules.ts";
import type { PlacedPool } from "./keys/pools/schema.ts";
import { pushProblems } from "./keys/push.ts";
import { recordProblems } from "./keys/records.ts";
import { classProblems, familyProblems, noPoolForPage, placePage } from "./keys/service.ts";
import type { Reader } from "./reader.ts";
import { quote, type Problem } from "./validation/problem.ts";

interface Context {
  readonly namespace: string;
  readonly secretKeys: ReadonlySet<string>;
}

/** What is wrong between keys. A key that has problems of its own makes none elsewhere. */
export function crossProblems(reader: Reader, context: Context): Problem[] {
  const adopted = reader.section("shared") === "adopt";
  const section = reader.section("metallb");
  const metallb = section && withChartVersion(section, reader.raw("metallb"));
  return [
    ...(adopted
      ? adoptedProblems(reader.raw("metallb"))
      : [...noPool(writtenPools(reader)), ...ownProblems(metallb, reader.raw("metallb"), context.namespace)]),
    ...bgpAmongPools(reader, context, metallb, adopted),
    ...unannounced(reader),
    ...servicesAmongPools(reader, context, metallb, adopted),
    ...detectionAmongPools(reader),
  ];
}

function bgpAmongPools(
  reader: Reader,
  { secretKeys }: Context,
  metallb: MetalLB | undefined,
  adopted: boolean,
): Problem[] {
  const bgp = reader.section("bgp");
  if (bgp === undefined) return [];
  return bgpProblems(bgp, {
    pools: reader.items("pools"),
    poolNames: poolNames(reader),
    frrByNode: frrByNode(metallb?.version),
    native: !adopted && frrModes(metallb?.values ?? {}).length === 0,
    adopted,
    encrypted: secretKeys.has("bgp"),
  });
}

/**
 * Advertisements name pools that exist, and every pool is announced by one. What has problems of its own counts, too:
 * each mistake is reported once.
 */
function unannounced(reader: Reader): Problem[] {
  if (reader.raw("l2") === undefined) return [];
  const names = poolNames(reader);
  const unknown = reader
    .items("l2")
    .flatMap(({ index, value }) =>
      value.pools.flatMap((name, i) =>
        names === undefined || names.includes(name) ? [] : [unknownPool(name, names, ["l2", index, "pools", i])],
      ),
    );
  const announced = [...announcedIn(reader.raw("l2")), ...announcedIn(advertisementsOf(reader.raw("bgp")))];
  if (reader.isSet("bgp") && reader.raw("bgp") === undefined) return unknown;
  const silent = reader.items("pools").flatMap(({ index, value: { name } }) =>
    announced.includes(name)
      ? []
      : [
          {
            path: ["pools", index],
            wrong: `no advertisement announces ${quote(name)}, so nobody could reach its addresses`,
            right:
              "Name it in one entry of esddns:l2 or of esddns:bgp.advertisements, or leave esddns:l2 out: then every pool is announced.",
          },
        ],
  );
  return [...unknown, ...silent];
}

/** The Services of page and push get an address that MetalLB would give them. */
function servicesAmongPools(
  reader: Reader,
  { namespace }: Context,
  metallb: MetalLB | undefined,
  adopted: boolean,
): Problem[] {
  const [service, push] = [reader.section("service"), reader.section("push")];
  const pools: readonly PlacedPool[] = reader.items("pools");
  const written = writtenPools(reader);
  const names = poolNames(reader);
  const known = !adopted && Array.isArray(written) && written.length === pools.length;
  const where = { namespace, known, foreignPools: adopted || names === undefined, foreignAddresses: !known };
  const page = service && { ...service, ...placePage(service, pools, namespace) };
  return [
    ...(service ? placeProblems(service, pools, names ?? [], where) : []),
    ...(service && page
      ? [
          ...noPoolForPage(service, pools, where),
          ...familyProblems(service, page.families),
          ...classProblems(service, adopted ? undefined : metallb?.values),
        ]
      : []),
    ...(push?.enabled ? placeProblems(push, pools, names ?? [], { ...where, key: "push" }) : []),
    ...(push?.enabled && page ? pushProblems(push, pools, page, where) : []),
  ];
}

function detectionAmongPools(reader: Reader): Problem[] {
  const detection = reader.section("detection");
  const router = detection?.router;
  return [
    ...recordProblems(reader.items("records"), detection),
    ...(router === undefined ? [] : routerInPool(router, reader.items("pools"), ["detection", "router"])),
  ];
}

/** The list of pools as it is written, none if it is left out; undefined if it cannot be read. */
function writtenPools(reader: Reader): unknown {
  return reader.raw("pools") ?? (reader.isSet("pools") ? undefined : []);
}

/** The names of all pools, including pools with problems; undefined if there is no list to read them from. */
function poolNames(reader: Reader): string[] | undefined {
  const written = writtenPools(reader);
  return Array.isArray(written) ? stringsAt(written, (pool) => [pool["name"]]) : undefined;
}

/** The pools that an advertisement announces, including advertisements with problems. */
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
