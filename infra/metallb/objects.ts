/** The objects that stacks write into MetalLB's namespace. All stacks of the cluster share its names. */
import { anyObject, listOf } from "@esddns/common/cluster";
import { z } from "zod";
import type { StackConfig } from "../config/parse.ts";
import type { KeyPath } from "../config/validation/problem.ts";
import type { Cluster } from "../kubernetes/cluster.ts";
import { OWNER_LABEL } from "./owner.ts";

export type SharedKind = "IPAddressPool" | "L2Advertisement" | "BGPPeer" | "BGPAdvertisement" | "BFDProfile" | "Secret";

/** An object in the cluster. `owner` is the namespace of the stack that made it, if the object carries one. */
export interface SharedObject {
  readonly kind: SharedKind;
  readonly name: string;
  readonly owner: string | undefined;
  /** Only for a BGPPeer: its router, and whether only some nodes speak to it. */
  readonly session?: { readonly peerAddress: string; readonly someNodes: boolean } | undefined;
}

/** An object that the config asks for. `path` is the path of the key that names it. */
export interface WrittenObject {
  readonly kind: SharedKind;
  readonly name: string;
  readonly path: KeyPath;
}

/** Returns the name of the Secret with the password of a session. */
export function passwordSecretName(peer: string): string {
  return `${peer}-password`;
}

/** Returns the objects that the config asks for. A peer comes before the objects named after it. */
export function writtenObjects({ pools, l2, bgp }: Pick<StackConfig, "pools" | "l2" | "bgp">): WrittenObject[] {
  const named = (kind: SharedKind, path: KeyPath, items: readonly { readonly name: string }[]) =>
    items.map(({ name }, i) => ({ kind, name, path: [...path, i, "name"] }));
  return [
    ...named("IPAddressPool", ["pools"], pools),
    ...named("L2Advertisement", ["l2"], l2),
    ...named("BGPPeer", ["bgp", "peers"], bgp.peers),
    ...bgp.peers.flatMap(({ name, bfd, generatePassword, password }, i): WrittenObject[] => {
      const path = ["bgp", "peers", i, "name"];
      const secret = generatePassword || Boolean(password);
      return [
        ...(bfd ? [{ kind: "BFDProfile", name, path } as const] : []),
        ...(secret ? [{ kind: "Secret", name: passwordSecretName(name), path } as const] : []),
      ];
    }),
    ...named("BGPAdvertisement", ["bgp", "advertisements"], bgp.advertisements),
  ];
}

/** The path that lists each kind. Only Secrets of stacks are listed: no other Secret is needed here. */
const PATHS: readonly (readonly [kind: SharedKind, path: (namespace: string) => string])[] = [
  ["L2Advertisement", (namespace) => `/apis/metallb.io/v1beta1/namespaces/${namespace}/l2advertisements`],
  ["BGPPeer", (namespace) => `/apis/metallb.io/v1beta2/namespaces/${namespace}/bgppeers`],
  ["BGPAdvertisement", (namespace) => `/apis/metallb.io/v1beta1/namespaces/${namespace}/bgpadvertisements`],
  ["BFDProfile", (namespace) => `/apis/metallb.io/v1beta1/namespaces/${namespace}/bfdprofiles`],
  ["Secret", (namespace) => `/api/v1/namespaces/${namespace}/secrets?labelSelector=${encodeURIComponent(OWNER_LABEL)}`],
];

/**
 * Reads all kinds but the pools, which another module reads in more detail. `unread` has the kinds that may not be
 * read. A kind that is missing from the cluster has no objects.
 */
export async function readSharedObjects(
  cluster: Pick<Cluster, "get">,
  namespace: string,
): Promise<{ objects: readonly SharedObject[]; unread: readonly SharedKind[] }> {
  const read = await Promise.all(
    PATHS.map(async ([kind, path]) => ({ kind, found: await cluster.get(path(namespace), list) })),
  );
  return {
    objects: read.flatMap(({ kind, found }) =>
      (found.read ? found.value.items : []).map(({ metadata: { name, labels }, spec }) => ({
        kind,
        name,
        owner: labels[OWNER_LABEL],
        ...(spec.peerAddress === undefined
          ? {}
          : { session: { peerAddress: spec.peerAddress, someNodes: spec.nodeSelectors.length > 0 } }),
      })),
    ),
    unread: read.flatMap(({ kind, found }) => (found.read || found.reason === "NotFound" ? [] : [kind])),
  };
}

const spec = z.object({ peerAddress: z.string().optional(), nodeSelectors: z.array(z.unknown()).default([]) });
const list = listOf(anyObject.extend({ spec: spec.prefault({}) }));
