/** Reads the facts about MetalLB. */
import { advertisement, type BgpSession, configurationState, type Facts } from "./facts.ts";
import {
  addressPool,
  anyObject,
  endpointSlice,
  type Get,
  pod,
  type Pod,
  type Read,
  serviceL2Status,
} from "@esddns/common/cluster";
import { list, one } from "./get.ts";
import { isPartOf } from "./pods.ts";

/** @param stackPools names of the pools that may be read if not all may */
export async function ofMetallb(get: Get, namespace: string, stackPools: readonly string[]) {
  const metallb = `/apis/metallb.io/v1beta1/namespaces/${namespace}`;
  const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const [metallbPods, webhook, configuration, pools, l2Advertisements, bgpAdvertisements, l2Statuses, bgpPeers] =
    await Promise.all([
      readPods(get, pods),
      list(get, `${slices}?labelSelector=kubernetes.io%2Fservice-name%3Dmetallb-webhook-service`, endpointSlice),
      list(get, `${metallb}/configurationstates`, configurationState),
      readPools(get, `${metallb}/ipaddresspools`, stackPools),
      list(get, `${metallb}/l2advertisements`, advertisement),
      list(get, `${metallb}/bgpadvertisements`, advertisement),
      list(get, `${metallb}/servicel2statuses`, serviceL2Status),
      list(get, `/apis/metallb.io/v1beta2/namespaces/${namespace}/bgppeers`, anyObject),
    ]);
  const peering = bgpPeers.read && bgpPeers.value.length > 0;
  const bgpSessions = peering ? await readSessions(get, pods, metallbPods) : { read: true as const, value: [] };
  return {
    ...{ metallbPods, webhook, configuration, pools, l2Advertisements, bgpAdvertisements, l2Statuses, bgpPeers },
    bgpSessions,
  };
}

/** Tries the chart's label first. MetalLB's plain manifests have another one. */
async function readPods(get: Get, path: string): Promise<Read<Pod[]>> {
  const ofChart = await list(get, `${path}?labelSelector=app.kubernetes.io%2Fname%3Dmetallb`, pod);
  if (!ofChart.read || ofChart.value.length > 0) return ofChart;
  return list(get, `${path}?labelSelector=app%3Dmetallb`, pod);
}

/** Reads all pools of the cluster. If they may not be listed, reads the stack's own pools one by one. */
async function readPools(get: Get, path: string, names: readonly string[]): Promise<Facts["pools"]> {
  const all = await list(get, path, addressPool);
  if (all.read || all.reason !== "Forbidden" || names.length === 0) return all;
  const each = await Promise.all(names.map((name) => one(get, `${path}/${name}`, addressPool)));
  const [unread] = each.filter((read) => !read.read);
  const found = each.flatMap((read) => (read.read ? [read.value] : []));
  return found.length === 0 && unread !== undefined ? unread : { read: true, value: found };
}

/** Reads the sessions from the speakers' metrics: no MetalLB object says whether a session is established. */
async function readSessions(get: Get, pods: string, read: Read<Pod[]>): Promise<Read<BgpSession[]>> {
  if (!read.read) return read;
  const speakers = read.value.filter((each) => isPartOf(each, "speaker"));
  const texts = await Promise.all(
    speakers.map(
      async ({ metadata }) => [metadata.name, await get(`${pods}/${metadata.name}:7472/proxy/metrics`)] as const,
    ),
  );
  const [, unread] = texts.find(([, text]) => !text.read) ?? [];
  if (unread?.read === false) return unread;
  return { read: true, value: texts.flatMap(([speaker, text]) => sessionsOf(speaker, text.read ? text.value : "")) };
}

function sessionsOf(speaker: string, metrics: string): BgpSession[] {
  const told = [...metrics.matchAll(/^metallb_bgp_session_up\{.*?peer="([^"]+)".*?\} (\d)/gm)].map(
    ([, peer = "", up]) => ({ speaker, peer, up: up === "1" }),
  );
  // MetalLB before 0.16 starts with a 0 under the bare address and never updates it. Later values are under
  // ADDRESS:PORT. A session that was never established has only the bare address.
  const toldAgain = ({ peer: bare }: BgpSession): boolean =>
    told.some(({ peer }) => peer.startsWith(`${bare}:`) && /^\d+$/.test(peer.slice(bare.length + 1)));
  return told.filter((session) => !toldAgain(session));
}
