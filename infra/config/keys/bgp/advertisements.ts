/** What must hold for the advertisements, the peers that get their routes and the pools that they announce. */
import { widestPrefix } from "../../values/addresses.ts";
import type { BgpContext } from "./context.ts";
import type { BgpAdvertisement, BgpPeer } from "./schema.ts";
import { unknownPool } from "../pools/allocation.ts";
import type { PlacedPool } from "../pools/schema.ts";
import { didYouMean, quote, type KeyPath, type Problem } from "../../validation/problem.ts";

export function advertisementProblems(
  advertisement: BgpAdvertisement,
  path: KeyPath,
  peers: readonly BgpPeer[],
  { pools, poolNames, native, adopted }: BgpContext,
): Problem[] {
  const names = peers.map(({ name }) => name);
  return [
    ...advertisement.pools.flatMap((name, i) =>
      poolNames === undefined || poolNames.includes(name) ? [] : [unknownPool(name, poolNames, [...path, "pools", i])],
    ),
    ...advertisement.peers.flatMap((name, i) => {
      if (adopted || names.includes(name)) return [];
      const hint = didYouMean(name, names).trim() || `There are ${names.map(quote).join(", ") || "none"}.`;
      return [{ path: [...path, "peers", i], wrong: `${quote(name)} is no peer of esddns:bgp`, right: hint }];
    }),
    ...(native ? nativeAdvertisementProblems(advertisement, path, pools) : []),
    ...aggregationProblems(advertisement, path, pools),
    ...preferenceProblems(advertisement, path, peers),
  ];
}

/** Reports parts of an advertisement that MetalLB's native BGP does not support. */
export function nativeAdvertisementProblems(
  advertisement: BgpAdvertisement,
  path: KeyPath,
  pools: readonly PlacedPool[],
): Problem[] {
  const frr = "or run FRR: esddns:metallb.values { frrk8s: { enabled: true } }.";
  const ipv6 = pools.find(
    ({ value }) => advertisement.pools.includes(value.name) && value.addresses.some(({ family }) => family === "IPv6"),
  );
  const large = advertisement.communities.findIndex((community) => community.startsWith("large:"));
  return [
    ...(ipv6 === undefined
      ? []
      : [
          {
            path: [...path, "pools"],
            wrong: `${quote(ipv6.value.name)} has IPv6 addresses, which MetalLB's native BGP cannot announce`,
            right: `Give IPv6 a pool of its own that L2 announces, ${frr}`,
          },
        ]),
    ...(large < 0
      ? []
      : [
          {
            path: [...path, "communities", large],
            wrong: "is a large community, which MetalLB's native BGP does not know",
            right: `Write one of two 16-bit parts, for instance 65535:65282, ${frr}`,
          },
        ]),
  ];
}

/** Reports routes that cover addresses outside the pool. */
function aggregationProblems(advertisement: BgpAdvertisement, path: KeyPath, pools: readonly PlacedPool[]): Problem[] {
  const announced = pools.filter(({ value }) => advertisement.pools.includes(value.name));
  return announced.flatMap(({ value: pool }) =>
    pool.addresses.flatMap((range) => {
      const key = range.family === "IPv4" ? "aggregationLength" : "aggregationLengthV6";
      const widest = widestPrefix(range);
      if (advertisement[key] >= widest) return [];
      const wrong = `${advertisement[key]} covers more than ${range.canonical} of ${quote(pool.name)}`;
      return [{ path: [...path, key], wrong, right: `Take ${widest} at least.` }];
    }),
  );
}

function preferenceProblems(advertisement: BgpAdvertisement, path: KeyPath, peers: readonly BgpPeer[]): Problem[] {
  const told = peers.filter(({ name }) => advertisement.peers.length === 0 || advertisement.peers.includes(name));
  if (advertisement.localPref === 0 || told.length === 0 || told.some(({ myASN, peerASN }) => myASN === peerASN))
    return [];
  const right = "Leave it out, or have the router set its own preference.";
  return [{ path: [...path, "localPref"], wrong: "is told to iBGP peers only, and there is none", right }];
}

/** Reports two preferences for one route: MetalLB refuses advertisements that disagree about it. */
export function preferenceClashes(advertisements: readonly BgpAdvertisement[]): Problem[] {
  return advertisements.flatMap((one, i) => {
    const other = advertisements.slice(0, i).find((each) => each.localPref !== one.localPref && sameRoutes(each, one));
    if (other === undefined) return [];
    const wrong = `${one.localPref} is another than the ${other.localPref} of ${quote(other.name)}, which announces the same routes`;
    const right = "Write the same, or tell them apart by pools, peers, nodeSelectors or the aggregation lengths.";
    return [{ path: ["bgp", "advertisements", i, "localPref"], wrong, right }];
  });
}

/** Whether two advertisements announce the same routes, as far as the config shows. Selectors depend on the cluster. */
function sameRoutes(a: BgpAdvertisement, b: BgpAdvertisement): boolean {
  const meet = (one: readonly string[], two: readonly string[]) =>
    one.length === 0 || two.length === 0 || one.some((name) => two.includes(name));
  const lengths = ({ aggregationLength, aggregationLengthV6 }: BgpAdvertisement) =>
    `${aggregationLength} ${aggregationLengthV6}`;
  const selective = a.nodeSelectors.length > 0 || b.nodeSelectors.length > 0;
  return !selective && lengths(a) === lengths(b) && meet(a.pools, b.pools) && meet(a.peers, b.peers);
}
