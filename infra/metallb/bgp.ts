/** Writes the BGP part of MetalLB's configuration: peers, their passwords and the advertisements to them. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { BgpAdvertisement, BgpPeer } from "../config/keys/bgp/schema.ts";
import type { Guard } from "../config/guard.ts";
import type { StackConfig } from "../config/parse.ts";
import { BFDProfile, BGPAdvertisement, BGPPeer } from "../kubernetes/kinds.ts";
import { passwordSecretName } from "./objects.ts";

export interface BgpArgs {
  readonly bgp: StackConfig["bgp"];
  /** MetalLB's namespace. If this stack installs MetalLB, the options' dependencies contain the release. */
  readonly namespace: string;
  /** Labels of every object. Other stacks read the owner from them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly pools: readonly pulumi.Resource[];
  readonly guard: Guard;
}

type BgpOptions = pulumi.CustomResourceOptions & { readonly parent: pulumi.Resource };

/**
 * Deletes an object in the background. The provider's default is the foreground, which first adds a finalizer. Removing
 * that finalizer is an update, and MetalLB's webhook checks it together with the pools. If the pools have IPv6
 * addresses by then, which MetalLB's native BGP cannot announce, the webhook refuses and the advertisement stays for
 * ever.
 */
const GONE_AT_ONCE = { "pulumi.com/deletionPropagationPolicy": "background" };

/** Creates all BGP objects. Returns the advertisements: once they exist, an address can be reached. */
export function bgpResources(name: string, args: BgpArgs, options: BgpOptions): BGPAdvertisement[] {
  const { bgp, namespace, labels, guard } = args;
  const peers = bgp.peers.map((peer) => bgpPeer(name, peer, { namespace, labels }, guard, options));
  const own = bgp.peers.map((peer) => peer.name);
  return bgp.advertisements.map(
    (advertisement) =>
      new BGPAdvertisement(
        `${name}-${advertisement.name}`,
        {
          metadata: { name: advertisement.name, namespace, labels, annotations: GONE_AT_ONCE },
          spec: guard.value(advertisementSpec(advertisement, own), "bgp"),
        },
        { ...options, dependsOn: [...args.pools, ...peers] },
      ),
  );
}

/** The metadata that all objects have in common. */
type Place = Pick<BgpArgs, "namespace" | "labels">;

function bgpPeer(name: string, peer: BgpPeer, place: Place, guard: Guard, options: BgpOptions): BGPPeer {
  const { namespace } = place;
  const secret = passwordSecret(name, peer, place, options);
  const profile =
    peer.bfd &&
    new BFDProfile(
      `${name}-${peer.name}-bfd`,
      { metadata: { name: peer.name, ...place }, spec: guard.value(peer.bfd, "bgp") },
      options,
    );
  const secretName = peer.passwordSecret ?? secret?.metadata.name;
  return new BGPPeer(
    `${name}-${peer.name}`,
    {
      metadata: { name: peer.name, ...place },
      spec: guard.value(
        {
          myASN: peer.myASN,
          peerASN: peer.peerASN,
          peerAddress: peer.peerAddress,
          ...given(peer, ["peerPort", "sourceAddress", "holdTime", "keepaliveTime"]),
          ...(peer.ebgpMultiHop ? { ebgpMultiHop: true } : {}),
          ...(peer.nodeSelectors.length > 0 ? { nodeSelectors: peer.nodeSelectors } : {}),
          ...(secretName === undefined ? {} : { passwordSecret: { name: secretName, namespace } }),
          ...(profile ? { bfdProfile: profile.metadata.name } : {}),
        },
        "bgp",
      ),
    },
    { ...options, dependsOn: [...dependencies(options), ...(secret ? [secret] : []), ...(profile ? [profile] : [])] },
  );
}

/** Creates the Secret with a session's password: the encrypted one from the config, or a generated one. */
function passwordSecret(
  name: string,
  peer: BgpPeer,
  place: Place,
  options: BgpOptions,
): k8s.core.v1.Secret | undefined {
  const password = peer.generatePassword
    ? // Only letters and digits: the command lines of routers differ in how they treat other characters.
      new random.RandomPassword(
        `${name}-${peer.name}-password`,
        { length: 32, special: false },
        { parent: options.parent },
      ).result
    : peer.password && pulumi.secret(peer.password);
  if (password === undefined || password === "") return undefined;
  return new k8s.core.v1.Secret(
    `${name}-${peer.name}-password`,
    {
      metadata: { name: passwordSecretName(peer.name), ...place },
      // MetalLB accepts only this type of Secret, and reads only this key.
      type: "kubernetes.io/basic-auth",
      stringData: { password },
    },
    options,
  );
}

function advertisementSpec(advertisement: BgpAdvertisement, ownPeers: readonly string[]) {
  const { pools, aggregationLength, aggregationLengthV6, communities, localPref, nodeSelectors } = advertisement;
  // Always name the peers: without names, MetalLB advertises to the peers of every stack of the cluster.
  const peers = advertisement.peers.length > 0 ? advertisement.peers : ownPeers;
  return {
    ipAddressPools: pools,
    aggregationLength,
    aggregationLengthV6,
    ...(communities.length > 0 ? { communities } : {}),
    ...(localPref > 0 ? { localPref } : {}),
    ...(peers.length > 0 ? { peers } : {}),
    ...(nodeSelectors.length > 0 ? { nodeSelectors } : {}),
  };
}

/** Returns only the keys that have a value. */
function given<T extends object, K extends keyof T>(of: T, keys: readonly K[]): { [P in K]?: NonNullable<T[P]> } {
  const entries = keys.flatMap((key) => (of[key] === undefined ? [] : [[key, of[key]]]));
  return Object.fromEntries(entries) as { [P in K]?: NonNullable<T[P]> };
}

function dependencies({ dependsOn }: pulumi.CustomResourceOptions): pulumi.Resource[] {
  return Array.isArray(dependsOn) ? (dependsOn as pulumi.Resource[]) : [];
}
