/**
 * The kinds that the operator reads or writes: their API paths, and the fields that are kept when an object is parsed.
 */
import * as z from "zod";
import {
  API_VERSION,
  detectionSpec,
  type DnsRecordObject,
  dnsRecordSpec,
  dnsRecordStatus,
  type KubeObject,
  type WanAddressObject,
  wanAddressStatus,
  wanObservation,
  type WanObservationObject,
} from "@esddns/common/api";
import * as objects from "@esddns/common/cluster";

export interface Resource<T extends KubeObject> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  /** Drops unknown fields (above all managedFields), which keeps the stores small. */
  parse(value: unknown): ParseResult<T>;
}

export type ParseResult<T> = { ok: true; value: T } | { ok: false; problem: string };

const strings = z.record(z.string(), z.string()).exactOptional();

const metadata = z.object({
  name: z.string(),
  namespace: z.string().exactOptional(),
  uid: z.string().exactOptional(),
  resourceVersion: z.string().exactOptional(),
  generation: z.int().exactOptional(),
  creationTimestamp: z.string().exactOptional(),
  deletionTimestamp: z.string().exactOptional(),
  finalizers: z.array(z.string()).exactOptional(),
  labels: strings,
  annotations: strings,
});

const object = { apiVersion: z.string(), kind: z.string(), metadata };

export const wanAddresses: Resource<WanAddressObject> = resource(
  API_VERSION,
  "WanAddress",
  "wanaddresses",
  z.object({ ...object, spec: detectionSpec, status: wanAddressStatus.exactOptional() }),
);

export const wanObservations: Resource<WanObservationObject> = resource(
  API_VERSION,
  "WanObservation",
  "wanobservations",
  z.object({ ...object, ...wanObservation.shape }),
);

export const dnsRecords: Resource<DnsRecordObject> = resource(
  API_VERSION,
  "DnsRecord",
  "dnsrecords",
  z.object({ ...object, spec: dnsRecordSpec, status: dnsRecordStatus.exactOptional() }),
);

/** A Node with its uid. */
const node = z.object({ ...object, status: objects.node.shape.status });
export const nodes: Resource<z.infer<typeof node>> = resource("v1", "Node", "nodes", node);

const configMap = z.object({ ...object, data: strings });
export const configMaps: Resource<z.infer<typeof configMap>> = resource("v1", "ConfigMap", "configmaps", configMap);

/** Kept whole: a Lease is written back with PUT, which must not drop fields of other writers. */
const lease = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject(metadata.shape),
  spec: z
    .looseObject({
      holderIdentity: z.string().exactOptional(),
      leaseDurationSeconds: z.int().exactOptional(),
      acquireTime: z.string().exactOptional(),
      renewTime: z.string().exactOptional(),
      leaseTransitions: z.int().exactOptional(),
    })
    .exactOptional(),
});
export type LeaseObject = z.infer<typeof lease>;
export const leases: Resource<LeaseObject> = resource("coordination.k8s.io/v1", "Lease", "leases", lease);

/** Only written. The answer is not used. */
export const events: Resource<KubeObject> = resource("events.k8s.io/v1", "Event", "events", z.object(object));

/** Only the fields of an event that the page's timeline shows. */
const noted = z.object({
  ...object,
  eventTime: z.string().nullish(),
  type: z.string().exactOptional(),
  reason: z.string().exactOptional(),
  note: z.string().exactOptional(),
  regarding: z.object({ kind: z.string().exactOptional(), name: z.string().exactOptional() }).exactOptional(),
});
export const notedEvents: Resource<z.infer<typeof noted>> = resource("events.k8s.io/v1", "Event", "events", noted);

/** Only the addresses that MetalLB gave a Service. */
const service = z.object({ ...object, status: objects.service.shape.status });
export const services: Resource<z.infer<typeof service>> = resource("v1", "Service", "services", service);

const METALLB = "metallb.io/v1beta1";

/** The node that MetalLB lets announce a Service on layer 2. */
const l2Status = z.object({ ...object, status: objects.serviceL2Status.shape.status });
export const serviceL2Statuses: Resource<z.infer<typeof l2Status>> = resource(
  METALLB,
  "ServiceL2Status",
  "servicel2statuses",
  l2Status,
);

/** How full an address pool is. */
const poolStatus = z.object({ ...object, status: objects.addressPool.shape.status });
export const ipAddressPools: Resource<z.infer<typeof poolStatus>> = resource(
  METALLB,
  "IPAddressPool",
  "ipaddresspools",
  poolStatus,
);

function resource<T extends KubeObject>(
  apiVersion: string,
  kind: string,
  plural: string,
  schema: z.ZodType<T>,
): Resource<T> {
  return {
    apiVersion,
    kind,
    plural,
    parse: (value) => {
      // Items of a list have neither apiVersion nor kind.
      const typed = typeof value === "object" && value !== null ? { apiVersion, kind, ...value } : value;
      const result = schema.safeParse(typed);
      return result.success
        ? { ok: true, value: result.data }
        : { ok: false, problem: z.prettifyError(result.error).slice(0, 500) };
    },
  };
}
