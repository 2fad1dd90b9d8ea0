/** The shape of the stack config, key by key. What spans several keys is checked beside parse.ts. */
import { z } from "zod";
import {
  dnsRecordSpec,
  GANDI_REQUESTS_PER_MINUTE,
  notifyChannel,
  recordSource,
  TTL_MAX,
  TTL_MIN,
} from "@esddns/common/api";
import { bgpSchema } from "./keys/bgp/schema.ts";
import { detectionSchema } from "./keys/detection.ts";
import * as fields from "./values/fields.ts";
import { imageSchema } from "./keys/image.ts";
import { CHECK_NAMES } from "./keys/checks.ts";
import { distinct } from "./values/lists.ts";
import { monitoringSchema } from "./keys/monitoring.ts";
import { labelSelector } from "./values/selectors.ts";
import { serviceSchema } from "./keys/service.ts";

const poolSchema = z.object({
  name: fields.objectName.describe("The pool's name, for instance esddns-pool."),
  addresses: z
    .array(fields.poolAddresses)
    .min(1)
    .describe("Addresses, ranges or CIDRs that are free on your LAN, for instance [192.168.1.100-192.168.1.110]."),
  autoAssign: z.boolean().optional().describe("Whether Services that name no pool may get an address of this one."),
  avoidBuggyIPs: z.boolean().default(false).describe("Whether addresses that end in .0 and .255 are left out."),
  namespaces: distinct(z.array(fields.objectName))
    .default([])
    .describe("The only namespaces that may use the pool; none: all."),
  namespaceSelectors: distinct(z.array(labelSelector)).default([]).describe("The same, by the namespaces' labels."),
  serviceSelectors: distinct(z.array(labelSelector))
    .default([])
    .describe("The only Services that may use it, by label; none: all."),
  priority: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe("Among such pools the lowest is used first; 0 comes last."),
});

const l2Schema = z.object({
  name: fields.objectName.describe("The advertisement's name, for instance esddns-l2."),
  pools: distinct(z.array(z.string()).min(1)).describe(
    "The pools that it announces. Without one MetalLB would announce every pool in the cluster.",
  ),
  interfaces: distinct(z.array(fields.interfaceName))
    .default([])
    .describe("The only network interfaces to announce on; none: all."),
  nodeSelectors: distinct(z.array(labelSelector))
    .default([])
    .describe("The only nodes that announce, by label; none: all."),
});

const recordSchema = z.object({
  zone: fields.zoneName.describe("The zone at Gandi, for instance example.com."),
  name: fields.recordName.describe("Relative to the zone, for instance home; @ is the zone itself."),
  types: dnsRecordSpec.shape.types.describe("A, AAAA or both, for instance [A]."),
  ttl: z
    .int()
    .min(TTL_MIN)
    .max(TTL_MAX)
    .default(TTL_MIN)
    .describe(`Seconds for which others may keep the answer, ${TTL_MIN} to ${TTL_MAX}.`),
  source: z
    .object({
      kind: recordSource.shape.kind.describe("Wan, Service or Fixed."),
      service: z
        .object({
          namespace: fields.objectName.describe("The Service's namespace."),
          name: fields.objectName.describe("The name of a Service of type LoadBalancer."),
        })
        .optional()
        .describe("With kind Service: { namespace, name } of a Service of type LoadBalancer."),
      values: recordSource.shape.values.describe("With kind Fixed: a list of addresses."),
    })
    .optional()
    .describe(
      "Left out: the WAN address. Else { kind: Service, service: { namespace, name } } or { kind: Fixed, values }.",
    ),
  ipv6Suffix: z.string().optional().describe("The host's part of its IPv6 address, for instance ::10."),
  ipv6FromNode: fields.nodeName
    .optional()
    .describe("Instead of ipv6Suffix: the name of the node whose own IPv6 address it is."),
  conflictPolicy: dnsRecordSpec.shape.conflictPolicy,
  // What is left out here is left to the defaults of the custom resource definition.
  deletionPolicy: dnsRecordSpec.shape.deletionPolicy
    .unwrap()
    .optional()
    .describe("Retain or Delete: what becomes of the record at Gandi when it leaves the config; default Retain."),
  deletionTimeoutSeconds: dnsRecordSpec.shape.deletionTimeoutSeconds
    .unwrap()
    .optional()
    .describe("With Delete: seconds that a destroy waits for Gandi, 1 to 3600; default 60."),
  allowPrivate: z
    .boolean()
    .optional()
    .describe("true or false: whether a Service's or a fixed address may be one that the internet cannot reach."),
  driftLimit: dnsRecordSpec.shape.driftLimit
    .unwrap()
    .optional()
    .describe("How often an hour somebody else's change is undone, 0 to 60; default 3."),
  dryRun: z.boolean().optional().describe("true or false: whether to plan only, and write nothing to Gandi."),
});

const DEFAULT_CHART = { version: "0.15.3", chart: "metallb", repository: "https://metallb.github.io/metallb" };

/** Every key of the stack config, by the name that follows `esddns:`. */
export const keys = {
  namespace: fields.objectName.optional().describe("The namespace of everything but MetalLB; default esddns-<stack>."),
  shared: z
    .enum(["own", "adopt"])
    .default("own")
    .describe("own: this stack installs MetalLB and the custom resource definitions; adopt: it uses those there are."),
  keepOnDestroy: z
    .boolean()
    .optional()
    .describe("true or false: whether MetalLB and the custom resource definitions outlive pulumi destroy."),
  metallb: z
    .object({
      version: fields.version
        .default(DEFAULT_CHART.version)
        .describe("The chart's version; by path, what its file's name tells."),
      chart: fields.chart
        .default(DEFAULT_CHART.chart)
        .describe("Name of the chart, oci:// URL, or path that begins with ./ or /."),
      repository: fields.repositoryUrl.default(DEFAULT_CHART.repository).describe("URL of the chart's repository."),
      values: z.record(z.string(), z.unknown()).default({}).describe("Values of the chart, over the defaults."),
      namespace: fields.objectName.default("metallb-system").describe("The namespace that MetalLB runs in."),
    })
    .prefault({}),
  pools: z
    .array(poolSchema)
    .describe("Write a list: [{ name: esddns-pool, addresses: [192.168.1.100-192.168.1.110] }].")
    .default([]),
  l2: z
    .array(l2Schema)
    .describe("Write a list: [{ name: esddns-l2, pools: [esddns-pool] }]; left out, every pool is announced.")
    .optional(),
  bgp: bgpSchema.prefault({}),
  service: serviceSchema.prefault({}),
  records: z.array(recordSchema).describe("Write a list: [{ zone: example.com, name: home, types: [A] }].").default([]),
  dryRun: z.boolean().default(false).describe("true or false: whether all records are planned only, and none written."),
  detection: detectionSchema.prefault({}),
  gandiToken: z.string().optional().describe("Gandi's personal access token."),
  gandiTokenSecret: z
    .object({
      name: fields.foreignName.describe("Name of a Secret that exists in the stack's namespace."),
      key: fields.secretKey.default("token").describe("The key in it that holds the token."),
    })
    .optional(),
  gandiTokenExpires: fields.date.optional().describe("The day on which Gandi's token ends, for instance 2027-05-01."),
  gandiRequestsPerMinute: z
    .int()
    .min(GANDI_REQUESTS_PER_MINUTE.least)
    .max(GANDI_REQUESTS_PER_MINUTE.most)
    .default(GANDI_REQUESTS_PER_MINUTE.usual)
    .describe("How many requests a minute the operator sends to Gandi at most."),
  notify: z
    .array(notifyChannel)
    .describe("Write a list: [{ name: phone, type: ntfy, url: https://ntfy.sh/my-topic }].")
    .default([]),
  monitoring: monitoringSchema.prefault({}),
  push: z
    .object({
      enabled: z.boolean().default(false).describe("Whether routers and scripts may ask for a look by POST /probe."),
      port: z.int().min(1).max(65535).default(8081).describe("The port on the LAN that takes the request."),
      pool: z
        .string()
        .optional()
        .describe("The pool of its address; default the page's, or another of this stack's that takes it."),
      address: fields.serviceAddress.optional().describe("Its fixed address; may be that of the page."),
    })
    .prefault({}),
  image: imageSchema.optional(),
  extraCaCertificates: fields.certificates.optional().describe("CA certificates in PEM that the operator trusts too."),
  operator: z
    .object({
      tolerateControlPlane: z
        .boolean()
        .default(false)
        .describe(
          "Whether the operator, the page and MetalLB's controller also run on nodes with the control plane's taint.",
        ),
      apiServerPorts: distinct(z.array(z.int().min(1).max(65535)))
        .default([])
        .describe(
          "Ports that the API server listens on, besides 443, 6443, 8443 and 16443: NetworkPolicies let pods to them.",
        ),
    })
    .prefault({}),
  observeLive: z
    .boolean()
    .default(true)
    .describe("true or false: whether outputs are read from the cluster each time."),
  checks: z
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
  waitForWanSeconds: z
    .int()
    .min(0)
    .max(3600)
    .default(90)
    .describe("How long pulumi up waits for the WAN address, and then for the records; 0: not at all."),
} as const;

export type Key = keyof typeof keys;
export type Section<K extends Key> = z.output<(typeof keys)[K]>;
export type Pool = z.output<typeof poolSchema>;
export type L2 = z.output<typeof l2Schema>;
export type DnsRecordConfig = z.output<typeof recordSchema>;
