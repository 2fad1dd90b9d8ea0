/** What must hold for `bgp`: MetalLB's own rules, reported before anything is touched. */
import type { Problem } from "../../validation/problem.ts";
import { duplicateNames } from "../../values/lists.ts";
import type { PlacedPool } from "../pools/schema.ts";
import { advertisementProblems, nativeAdvertisementProblems, preferenceClashes } from "./advertisements.ts";
import type { BgpContext } from "./context.ts";
import { nativePeerProblems, peerProblems, sessionProblems } from "./peers.ts";
import type { Bgp } from "./schema.ts";

export function bgpProblems(bgp: Bgp, context: BgpContext): Problem[] {
  const placed = <T>(items: readonly T[]) => items.map((value, index) => ({ index, value }));
  return [
    ...duplicateNames(["bgp", "peers"], placed(bgp.peers)),
    ...duplicateNames(["bgp", "advertisements"], placed(bgp.advertisements)),
    ...bgp.peers.flatMap((peer, i) => peerProblems(peer, ["bgp", "peers", i], context)),
    ...bgp.advertisements.flatMap((each, i) =>
      advertisementProblems(each, ["bgp", "advertisements", i], bgp.peers, context),
    ),
    ...preferenceClashes(bgp.advertisements),
    ...sessionProblems(bgp.peers, !context.native && !context.adopted, context.frrByNode),
    ...loneHalf(bgp, context),
  ];
}

function loneHalf({ peers, advertisements }: Bgp, { adopted }: BgpContext): Problem[] {
  if (advertisements.length > 0 && peers.length === 0 && !adopted) {
    const right = "For instance [{ name: router-peer, myASN: 64500, peerASN: 64501, peerAddress: 192.168.1.1 }].";
    return [{ path: ["bgp", "peers"], wrong: "there is no peer to announce anything to", right }];
  }
  if (peers.length > 0 && advertisements.length === 0) {
    const right = "For instance [{ name: esddns-bgp, pools: [esddns-pool] }].";
    return [{ path: ["bgp", "advertisements"], wrong: "there is none, so the peers would learn no route", right }];
  }
  return [];
}

/** Reports parts that MetalLB's native BGP does not support. Only the cluster shows whether an adopted MetalLB uses it. */
export function nativeBgpProblems(bgp: Bgp, pools: readonly PlacedPool[]): Problem[] {
  return [
    ...bgp.peers.flatMap((peer, i) => nativePeerProblems(peer, ["bgp", "peers", i])),
    ...bgp.advertisements.flatMap((each, i) => nativeAdvertisementProblems(each, ["bgp", "advertisements", i], pools)),
  ];
}
