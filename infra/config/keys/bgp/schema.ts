/** The shape of `bgp`: MetalLB's BGPPeer (v1beta2) and BGPAdvertisement, as far as this project takes them. */
import { z } from "zod";
import { stackKey } from "../../keyFacts.ts";
import * as fields from "../../values/fields.ts";
import { distinct } from "../../values/lists.ts";
import { labelSelector } from "../../values/selectors.ts";

const ASN_MAX = 4_294_967_295;
const asn = z.int().min(1).max(ASN_MAX);

const password = z
  .custom<string>((value) => typeof value === "string" && /^\S{1,80}$/.test(value), {
    // No value is quoted: it is a secret.
    message: "is not one word of at most 80 characters",
    params: { right: "TCP's MD5 signature (RFC 2385) takes no longer one; put digits alone in quotes." },
  })
  .optional();

const bfd = z.object({
  receiveInterval: z.int().min(10).max(60_000).optional().describe("Milliseconds, 10 to 60000; default 300."),
  transmitInterval: z.int().min(10).max(60_000).optional().describe("Milliseconds, 10 to 60000; default 300."),
  detectMultiplier: z.int().min(2).max(255).optional().describe("Packets that may be lost, 2 to 255; default 3."),
});

const peer = z.object({
  name: fields.objectName.describe("The peer's name, for instance router-peer."),
  myASN: asn.describe(`The cluster's own AS number, 1 to ${ASN_MAX}; 64512 to 65534 are for private use.`),
  peerASN: asn.describe(`The router's AS number, 1 to ${ASN_MAX}; the same as myASN for iBGP.`),
  peerAddress: fields.hostAddress.describe("The router's address, for instance 192.168.1.1."),
  peerPort: z.int().min(1).max(65535).optional().describe("The router's TCP port; default 179."),
  sourceAddress: fields.hostAddress.optional().describe("The address to speak from; default the node's own."),
  holdTime: fields.duration.optional().describe("For instance 90s: 0s, or 3s and more; default 90s."),
  keepaliveTime: fields.duration.optional().describe("For instance 30s; default a third of holdTime."),
  ebgpMultiHop: z.boolean().default(false).describe("true or false: whether the router is more than one hop away."),
  password: password.describe("The session's password, stored encrypted."),
  passwordSecret: fields.foreignName
    .optional()
    .describe("Instead: a Secret of type kubernetes.io/basic-auth in MetalLB's namespace."),
  generatePassword: z.boolean().default(false).describe("true or false: whether a password is made for the session."),
  nodeSelectors: distinct(z.array(labelSelector))
    .default([])
    .describe("The only nodes that speak to it, by label; none: all."),
  bfd: bfd.optional().describe("{ receiveInterval, transmitInterval, detectMultiplier }; needs FRR."),
});

const advertisement = z.object({
  name: fields.objectName.describe("The advertisement's name, for instance esddns-bgp."),
  pools: distinct(z.array(z.string()).min(1)).describe("The pools whose routes are announced."),
  aggregationLength: z.int().min(1).max(32).default(32).describe("Prefix length of the IPv4 routes, 1 to 32."),
  aggregationLengthV6: z.int().min(1).max(128).default(128).describe("Prefix length of the IPv6 routes, 1 to 128."),
  communities: distinct(z.array(fields.community)).default([]).describe("BGP communities, for instance [65535:65282]."),
  localPref: z.int().min(0).max(ASN_MAX).default(0).describe("LOCAL_PREF; only iBGP peers see it."),
  peers: distinct(z.array(z.string())).default([]).describe("The only peers that are told; none: all of this stack's."),
  nodeSelectors: distinct(z.array(labelSelector))
    .default([])
    .describe("The only nodes that announce, by label; none: all."),
});

const bgpSchema = z.object({
  peers: z
    .array(peer)
    .default([])
    .describe("Write a list: [{ name: router-peer, myASN: 64500, peerASN: 64501, peerAddress: 192.168.1.1 }]."),
  advertisements: z
    .array(advertisement)
    .default([])
    .describe("Write a list: [{ name: esddns-bgp, pools: [esddns-pool] }]."),
});

export const bgpKey = stackKey(bgpSchema.prefault({}), {
  // Except for the names of peers and advertisements: a peer's password must be encrypted, and that marks the whole key.
  encrypted: "secret",
  guide: "metallb.md#bgp",
});

export type Bgp = z.output<typeof bgpSchema>;
export type BgpPeer = z.output<typeof peer>;
export type BgpAdvertisement = z.output<typeof advertisement>;
