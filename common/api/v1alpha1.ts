/**
 * The custom resources of group `esddns.io/v1alpha1`. Each has one schema, from which both the TypeScript type and the
 * CustomResourceDefinition (crd.ts) are made, so that the two cannot drift apart.
 *
 * Only features of Kubernetes' structural schemas are used: no unions, no transforms, no records of unknown keys. Rules
 * that span fields (a record that wants AAAA needs a source for it) are checked where the fields are used.
 */
import * as z from "zod";

export const GROUP = "esddns.io";
export const VERSION = "v1alpha1";
export const API_VERSION = `${GROUP}/${VERSION}`;

/** The name of the one WanAddress of a namespace. */
export const WAN_ADDRESS_NAME = "wan";

export const family = z.enum(["IPv4", "IPv6"]);
export type Family = z.infer<typeof family>;

export const conditionStatus = z.enum(["True", "False", "Unknown"]);

/** A condition as in metav1.Condition. */
export const condition = z.object({
  type: z.string(),
  status: conditionStatus,
  observedGeneration: z.int().optional(),
  lastTransitionTime: z.iso.datetime({ offset: true }),
  reason: z.string().min(1).max(1024),
  message: z.string().max(32768),
});
export type Condition = z.infer<typeof condition>;

// ---------------------------------------------------------------------------------------------------- WanAddress

export const stunTransport = z.enum(["udp", "tcp", "tls"]);
export type StunTransport = z.infer<typeof stunTransport>;

export const stunServer = z.object({
  host: z.string().min(1).max(253).describe("Host name or address of the STUN server."),
  port: z.int().min(1).max(65535).describe("Port. The defaults of RFC 8489: 3478 for UDP and TCP, 5349 for TLS."),
  transport: stunTransport.default("udp").describe("With tls the certificate is verified for the host name."),
  organisation: z.string().min(1).max(253).describe("Who operates it. One organisation has one vote."),
});
export type StunServer = z.infer<typeof stunServer>;

export const echoService = z.object({
  url: z.string().min(1).max(2048).describe("https:// URL that answers with the caller's address as its whole body."),
  organisation: z.string().min(1).max(253).describe("Who operates it. One organisation has one vote."),
});
export type EchoService = z.infer<typeof echoService>;

/** The lists of https://github.com/pradt2/always-online-stun, one `host:port` per line. */
const LISTS = "https://raw.githubusercontent.com/pradt2/always-online-stun/master";

/** The links of the chain: STUN servers, HTTPS echo services, and sources inside the home (the router, the node). */
export const sourceKind = z.enum(["stun", "https", "direct"]);
export type SourceKind = z.infer<typeof sourceKind>;

export const detectionSpec = z.object({
  sources: z
    .array(sourceKind)
    .min(1)
    .max(3)
    .default(["stun", "https", "direct"])
    .describe("The kinds of sources to ask, in this order. A kind that is left out is not asked."),
  families: z.array(family).min(1).max(2).default(["IPv4", "IPv6"]).describe("Address families to detect."),
  intervalSeconds: z.int().min(30).max(86400).default(300).describe("Seconds between full rounds."),
  probeIntervalSeconds: z.int().min(1).max(3600).default(10).describe("Seconds between a node's cheap STUN probes."),
  quorum: z.int().min(1).max(16).default(2).describe("Organisations that must agree on an address."),
  allowUnauthenticated: z
    .boolean()
    .default(false)
    .describe("true or false: whether a quorum without any answer over verified TLS counts, after confirmations."),
  confirmations: z
    .int()
    .min(1)
    .max(20)
    .default(3)
    .describe("With allowUnauthenticated: how many equal rounds in a row, a minute apart, such a quorum needs."),
  multiWan: z
    .enum(["Refuse", "PreferNodes", "All"])
    .default("Refuse")
    .describe(
      "For nodes with different addresses. Refuse: no change. PreferNodes: preferNodes decides. All: all are published.",
    ),
  preferNodes: z
    .array(z.string().min(1).max(253))
    .max(64)
    .default([])
    .describe("With multiWan PreferNodes: the nodes whose address counts, the first one first."),
  prefixLength: z.int().min(32).max(64).default(64).describe("Length of the IPv6 prefix on which nodes must agree."),
  allowNonGlobal: z
    .array(z.string())
    .max(64)
    .default([])
    .describe("CIDRs that are accepted and contacted although they are not globally reachable (CGNAT, labs)."),
  excluded: z
    .array(z.string())
    .max(256)
    .default([])
    .describe("Addresses, ranges and CIDRs that can never be the WAN address: the cluster's own pools."),
  stun: z
    .object({
      enabled: z.boolean().default(true).describe("false has the same effect as sources without stun."),
      servers: z.array(stunServer).max(64).optional().describe("Replaces the built-in list and the downloaded ones."),
      udpHostListUrl: z
        .string()
        .max(2048)
        .default(`${LISTS}/valid_hosts.txt`)
        .describe("https:// URL of a list of further servers for UDP, one host:port per line. Empty: none."),
      tcpHostListUrl: z.string().max(2048).default(`${LISTS}/valid_hosts_tcp.txt`).describe("The same for TCP."),
      udpLimit: z.int().min(0).max(32).default(10).describe("How many servers from the list for UDP are asked."),
      tcpLimit: z.int().min(0).max(32).default(4).describe("How many servers from the list for TCP are asked."),
      retryAttempts: z
        .int()
        .min(0)
        .max(10)
        .optional()
        .describe("How often servers without an answer are asked again in a round with too few answers."),
      retryCooldownSeconds: z
        .int()
        .min(1)
        .max(60)
        .optional()
        .describe("Seconds before each of these attempts. Default: 5."),
    })
    .prefault({}),
  https: z
    .object({
      enabled: z.boolean().default(true).describe("false has the same effect as sources without https."),
      services: z.array(echoService).max(64).optional().describe("Replaces the built-in list."),
    })
    .prefault({}),
  router: z
    .string()
    .max(15)
    .optional()
    .describe("IPv4 address of the router, which is asked for its external address by NAT-PMP."),
  pcp: z
    .boolean()
    .default(false)
    .describe("With hostNetwork: asks the router by the Port Control Protocol, too, which briefly creates a mapping."),
  hostNetwork: z
    .boolean()
    .default(false)
    .describe("The observers run on the nodes' own network, and a global address of the node itself counts as a vote."),
});
/** How the WAN address is detected (docs/how-it-decides.md), with every default filled in. */
export type DetectionSpec = z.output<typeof detectionSpec>;

export const wanChange = z.object({
  decisionId: z.int().min(0),
  time: z.iso.datetime({ offset: true }),
  family,
  from: z.string().optional(),
  to: z.string(),
  organisations: z.array(z.string()).max(64),
});
export type WanChange = z.infer<typeof wanChange>;

export const wanAddressStatus = z.object({
  ipv4: z.string().optional().describe("The agreed IPv4 WAN address."),
  ipv4Addresses: z
    .array(z.string())
    .max(32)
    .optional()
    .describe("All IPv4 WAN addresses. Only with multiWan All, and only if there is more than one."),
  ipv6Prefix: z.string().optional().describe("The IPv6 prefix on which the nodes agree, as CIDR."),
  ipv6Prefixes: z.array(z.string()).max(32).optional().describe("All IPv6 prefixes, like ipv4Addresses."),
  ipv6: z.string().optional().describe("The one IPv6 address that all nodes have in common, if there is one."),
  decisionId: z.int().min(0).optional().describe("Increases with every decision. Fences off outdated writers."),
  lastChangeTime: z.iso.datetime({ offset: true }).optional(),
  history: z.array(wanChange).max(20).optional().describe("Newest first."),
  observedGeneration: z.int().optional(),
  conditions: z.array(condition).max(16).optional(),
});
export type WanAddressStatus = z.infer<typeof wanAddressStatus>;

export const wanConditionType = z.enum([
  "Ready",
  "Agreed",
  "BehindNAT",
  "MultipleEgress",
  "FamilyUnavailable",
  "Unauthenticated",
]);
export type WanConditionType = z.infer<typeof wanConditionType>;

// ------------------------------------------------------------------------------------------------ WanObservation

export const voteTransport = z.enum(["udp", "tcp", "tls", "https", "nat-pmp", "pcp", "node"]);
export type VoteTransport = z.infer<typeof voteTransport>;

/** The result of a question. Only `Ok` makes a vote that counts. */
export const voteOutcome = z.enum([
  "Ok",
  "Implausible",
  "Timeout",
  "Unreachable",
  "NameNotResolved",
  "NotAllowed",
  "TlsFailed",
  "Refused",
  "Malformed",
  "Outvoted",
]);
export type VoteOutcome = z.infer<typeof voteOutcome>;

export const vote = z.object({
  source: z.string().max(2048).describe("stun:host:port?transport=udp or the URL of the echo service."),
  organisation: z.string().max(253),
  transport: voteTransport,
  family,
  address: z
    .string()
    .max(64)
    .optional()
    .describe("The address that the source gave, in canonical form. Also present if Implausible."),
  rttMs: z.number().min(0).optional(),
  authenticated: z.boolean().describe("The answer came over TLS verified for the host name."),
  outcome: voteOutcome,
  detail: z.string().max(256).optional().describe("Why the outcome is not Ok, in words for people."),
});
export type Vote = z.infer<typeof vote>;

/** The value of a node's quorum in several full rounds in a row. */
export const confirmation = z.object({
  family,
  value: z.string().max(64).describe("An IPv4 address, or an IPv6 prefix as CIDR."),
  since: z.iso.datetime({ offset: true }),
  rounds: z
    .int()
    .min(1)
    .describe("How many rounds in a row had this value. Only rounds at least a minute apart count."),
});
export type Confirmation = z.infer<typeof confirmation>;

/** One node's view: the votes of its last full round. Only that node's pod writes it. */
export const wanObservation = z.object({
  nodeName: z.string(),
  observedAt: z.iso.datetime({ offset: true }),
  validForSeconds: z.int().min(1),
  votes: z.array(vote).max(256),
  beliefs: z.array(confirmation).max(2).optional(),
});
export type WanObservation = z.infer<typeof wanObservation>;

// ----------------------------------------------------------------------------------------------------- DnsRecord

/** On a DnsRecord with deletionPolicy Delete: its values are deleted from DNS before the object is deleted. */
export const RECORD_FINALIZER = "esddns.io/dns-record";

export const recordType = z.enum(["A", "AAAA"]);
export type RecordType = z.infer<typeof recordType>;

/** Bounds and default of the TTL in Gandi LiveDNS, in seconds. */
export const TTL_MIN = 300;
export const TTL_MAX = 2_592_000;

export const recordSource = z.object({
  kind: z.enum(["Wan", "Service", "Fixed"]).default("Wan"),
  service: z.object({ namespace: z.string(), name: z.string() }).optional().describe("For kind Service."),
  values: z.array(z.string()).max(32).optional().describe("For kind Fixed."),
});

export const dnsRecordSpec = z.object({
  zone: z.string().min(1).max(253).describe("The zone at Gandi, for example example.com."),
  name: z.string().min(1).max(253).describe("Relative to the zone. @ is the apex, * the wildcard."),
  types: z.array(recordType).min(1).max(2).default(["A"]),
  ttl: z.int().min(TTL_MIN).max(TTL_MAX).default(TTL_MIN).describe("Seconds."),
  source: recordSource.prefault({}),
  ipv6Suffix: z.string().optional().describe("Joined with the WAN prefix to make the AAAA value, for example ::10."),
  ipv6FromNode: z
    .string()
    .min(1)
    .max(253)
    .optional()
    .describe("Replaces ipv6Suffix: the node whose own address within the agreed prefix is the AAAA value."),
  conflictPolicy: z
    .enum(["Adopt", "Refuse"])
    .optional()
    .describe(
      "What happens to a record that exists already. Default: Adopt a single address, Refuse several or a CNAME.",
    ),
  deletionPolicy: z.enum(["Retain", "Delete"]).default("Retain"),
  allowPrivate: z.boolean().default(false).describe("Publishes a value that is not globally reachable. Never for Wan."),
  driftLimit: z
    .int()
    .min(0)
    .max(60)
    .default(3)
    .describe("How many foreign changes per hour are undone before the record is Contested."),
  deletionTimeoutSeconds: z
    .int()
    .min(1)
    .max(3600)
    .default(60)
    .describe("With deletionPolicy Delete: seconds that the object waits for Gandi before it is deleted anyway."),
  dryRun: z.boolean().default(false).describe("Only plans changes, in status.plan. Nothing is written to Gandi."),
});
export type DnsRecordSpec = z.output<typeof dnsRecordSpec>;

export const publishedRrset = z.object({
  type: z.string(),
  ttl: z.int(),
  values: z.array(z.string()).max(64),
});
export type PublishedRrset = z.infer<typeof publishedRrset>;

/** An rrset that the record published under a former zone, name or type and that no other record has taken over. */
const leftRrset = publishedRrset.extend({
  zone: z.string(),
  name: z.string(),
  attempted: z
    .boolean()
    .optional()
    .describe("A write or a deletion was begun, but its outcome is not known: the rrset may or may not exist."),
  retained: z
    .boolean()
    .optional()
    .describe("The record gave it up with deletionPolicy Retain: it stays in DNS and is never deleted."),
});
export type LeftRrset = z.infer<typeof leftRrset>;

export const dnsRecordStatus = z.object({
  fqdn: z.string().optional(),
  zone: z.string().optional().describe("The zone of fqdn and published."),
  published: z
    .array(publishedRrset)
    .max(8)
    .optional()
    .describe("The rrsets that this record last published or found correct."),
  attempted: z
    .array(publishedRrset)
    .max(8)
    .optional()
    .describe("Recorded before each write and deletion: values that may be in DNS because the operator wrote them."),
  replaced: z.array(publishedRrset).max(8).optional().describe("The rrsets that existed before the first take-over."),
  left: z
    .array(leftRrset)
    .max(16)
    .optional()
    .describe("Rrsets published under a former zone, name or type: still to be deleted, or retained."),
  corrections: z
    .array(z.iso.datetime({ offset: true }))
    .max(64)
    .optional()
    .describe("When foreign changes were undone in the last hour, oldest first."),
  plan: z.array(z.string().max(1024)).max(32).optional().describe("With dryRun: the planned changes."),
  observedGeneration: z.int().optional(),
  conditions: z.array(condition).max(16).optional(),
});
export type DnsRecordStatus = z.infer<typeof dnsRecordStatus>;

export const dnsConditionType = z.enum(["Synced", "Verified"]);
export type DnsConditionType = z.infer<typeof dnsConditionType>;

// ------------------------------------------------------------------------------------------------------- objects

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  finalizers?: string[];
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export interface WanAddressObject extends KubeObject {
  spec: DetectionSpec;
  status?: WanAddressStatus;
}
export interface WanObservationObject extends KubeObject, WanObservation {}
export interface DnsRecordObject extends KubeObject {
  spec: DnsRecordSpec;
  status?: DnsRecordStatus;
}
