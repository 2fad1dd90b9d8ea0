/** The checks of the cluster that precede an up (infra/checks), by the names that `esddns:checks.skip` takes. */
import { z } from "zod";
import { stackKey } from "../keyFacts.ts";
import { distinct } from "../values/lists.ts";

/** What may happen when a check is left out, as one sentence for the documents. */
export const CHECKS = {
  namespace:
    "Two stacks may then have one namespace, and the destroy of one takes the objects of the other away. A namespace that is new to the stack is still refused.",
  "shared-metallb":
    "An up over another owner's MetalLB is then refused only when it comes to MetalLB's namespace, with half of the stack made.",
  "adopted-metallb":
    "The adopted MetalLB may then lack what the config asks for: an up ends halfway, or addresses are ignored.",
  "moved-metallb":
    "Another esddns:metallb.namespace then replaces MetalLB's release, and every address pool of the cluster goes.",
  "shared-addresses": "Services that share an address may then lose it to one of them.",
  "taken-names":
    "An up is then refused only when it comes to the pool, advertisement or peer of another owner, or MetalLB's webhook ends it there.",
  "pool-addresses":
    "MetalLB may then answer for an address that a node, a pod or a Service has already, and cut it off.",
  "bgp-sessions": "FRR may then refuse the whole configuration of MetalLB, so that no change reaches the routers.",
  "bgp-communities": "MetalLB may then take no change of its configuration any more, and say so in its log only.",
  announcers: "MetalLB may then give out addresses that no node announces.",
  taints: "An up may then wait in vain for pods that no node takes.",
  architecture: 'Pods may then end with "exec format error", and an up waits for them in vain.',
  monitoring: "An up then ends at an object of a kind that the cluster does not know.",
  "dead-nodes": "A node that is not Ready is then not named, and an up does not wait for the operator's pod on it.",
  "bgp-peer-nodes": "A BGP peer that is one of the nodes is then not named.",
  "password-secrets": "A missing Secret, or one of another type, is then not named; MetalLB logs it only.",
  "node-names": "A misspelt name of a node in the config is then not named.",
  servicelb:
    "That k3s' own load balancer runs beside MetalLB is then not named: the addresses of Services flip for ever.",
  "api-server-port":
    "Pods may then be cut off from an API server on an unusual port, and never get ready, without a word.",
} as const;

export type CheckName = keyof typeof CHECKS;

const CHECK_NAMES = Object.keys(CHECKS) as [CheckName, ...CheckName[]];

export const checksKey = stackKey(
  z
    .object({
      whenUnreachable: z
        .enum(["Refuse", "Warn", "Off"])
        .default("Refuse")
        .describe(
          "What an up does if the cluster cannot be looked at: Refuse stops it, Warn lets it go on; a preview warns either way. Off: nobody looks.",
        ),
      skip: distinct(z.array(z.enum(CHECK_NAMES)))
        .default([])
        .describe("Checks that are left out, by name; docs/metallb.md has the names, and what is at risk."),
    })
    .prefault({}),
  {
    // No resource comes of it.
    encrypted: "secret",
    guide: "metallb.md#what-the-cluster-is-asked-first",
    undeclared: "The checks of the cluster that precede an up: { whenUnreachable, skip }.",
  },
);
