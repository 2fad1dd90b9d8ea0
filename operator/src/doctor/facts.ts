/** What the doctor has read: parts of objects, as loose as other people's objects are. */
import { z } from "zod";
import type { DnsRecordObject, WanAddressObject, WanObservationObject } from "../api/index.ts";

const metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
});
const status = z.looseObject({}).default({});
const spec = z.looseObject({}).default({});

export const pod = z.object({
  metadata,
  spec: z.object({ nodeName: z.string().optional() }).prefault({}),
  status: z
    .object({
      phase: z.string().default("Unknown"),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      containerStatuses: z
        .array(
          z.object({
            restartCount: z.int().default(0),
            state: z.object({ waiting: z.object({ reason: z.string().default("") }).optional() }).prefault({}),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

export const endpointSlice = z.object({
  metadata,
  endpoints: z
    .array(z.object({ conditions: z.object({ ready: z.boolean().default(true) }).prefault({}) }))
    .nullish()
    .transform((list) => list ?? []),
});

export const pool = z.object({
  metadata,
  spec: z.object({ addresses: z.array(z.string()).default([]), autoAssign: z.boolean().default(true) }).prefault({}),
  status: z
    .object({
      assignedIPv4: z.int().default(0),
      assignedIPv6: z.int().default(0),
      availableIPv4: z.int().default(0),
      availableIPv6: z.int().default(0),
    })
    .optional(),
});

export const advertisement = z.object({
  metadata,
  spec: z
    .object({
      ipAddressPools: z.array(z.string()).default([]),
      ipAddressPoolSelectors: z.array(z.unknown()).default([]),
      nodeSelectors: z.array(z.unknown()).default([]),
    })
    .prefault({}),
});

export const l2Status = z.object({
  metadata,
  status: z
    .object({
      node: z.string().optional(),
      serviceName: z.string().optional(),
      serviceNamespace: z.string().optional(),
    })
    .prefault({}),
});

export const service = z.object({
  metadata,
  spec: z.object({ type: z.string().optional() }).prefault({}),
  status: z
    .object({
      loadBalancer: z.object({ ingress: z.array(z.object({ ip: z.string().optional() })).default([]) }).prefault({}),
    })
    .prefault({}),
});

export const node = z.object({
  metadata,
  status: z
    .object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]) })
    .prefault({}),
});

/** An object whose kind is not known here any better. */
export const anything = z.object({ metadata, spec, status });

export type Pod = z.output<typeof pod>;
export type Pool = z.output<typeof pool>;
export type Advertisement = z.output<typeof advertisement>;

/** Something read, or why it could not be. */
export type Read<T> = { readonly read: true; readonly value: T } | { readonly read: false; readonly why: string };

/** All that the checks look at; reads.ts fills it in. */
export interface Facts {
  readonly namespace: string;
  readonly metallbNamespace: string;
  readonly now: number;
  /** For instance v1.34.4. */
  readonly version: Read<string>;
  readonly nodes: Read<z.output<typeof node>[]>;
  readonly metallbPods: Read<Pod[]>;
  readonly webhook: Read<z.output<typeof endpointSlice>[]>;
  readonly pools: Read<Pool[]>;
  readonly l2Advertisements: Read<Advertisement[]>;
  readonly bgpAdvertisements: Read<Advertisement[]>;
  readonly l2Statuses: Read<z.output<typeof l2Status>[]>;
  readonly ownPods: Read<Pod[]>;
  readonly service: Read<z.output<typeof service>>;
  /** The HTTP status that the page answered with at its LoadBalancer address. */
  readonly page: Read<number>;
  /** The same through the API server, past MetalLB. */
  readonly pageThroughApi: Read<string>;
  readonly wan: Read<WanAddressObject>;
  readonly observations: Read<WanObservationObject[]>;
  readonly records: Read<DnsRecordObject[]>;
  /** YYYY-MM-DD; undefined: nobody has said. */
  readonly tokenExpires: Read<string | undefined>;
}
