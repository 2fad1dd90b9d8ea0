/**
 * The objects of a cluster that are only read here, with one schema each. The schemas are loose, since other programs
 * write the objects. Omitted fields get the default that Kubernetes has for them. Unknown fields are dropped.
 */
import * as z from "zod";
import { poolCounts } from "./poolUse.ts";

const strings = z.record(z.string(), z.string()).default({});

export const metadata = z.object({
  name: z.string().default(""),
  /** Empty for objects without a namespace. */
  namespace: z.string().default(""),
  labels: strings,
  annotations: strings,
  finalizers: z.array(z.string()).default([]),
  deletionTimestamp: z.string().optional(),
  managedFields: z.array(z.object({ manager: z.string().default("") })).default([]),
});

/** Any object, reduced to the fields that all have. */
export const anyObject = z.object({ metadata });
export type AnyObject = z.output<typeof anyObject>;

/** A list of them. The API server writes null for some empty lists. */
export function listOf<S extends z.ZodType>(item: S) {
  return z.object({
    items: z
      .array(item)
      .nullish()
      .transform((items) => items ?? []),
  });
}

export const conditions = z
  .array(
    z.object({
      type: z.string(),
      status: z.string(),
      reason: z.string().default(""),
      message: z.string().default(""),
    }),
  )
  .default([]);
export const node = z.object({
  metadata,
  spec: z
    .object({
      podCIDRs: z.array(z.string()).default([]),
      taints: z.array(z.object({ key: z.string(), effect: z.string() })).default([]),
    })
    .prefault({}),
  status: z
    .object({
      addresses: z.array(z.object({ type: z.string(), address: z.string() })).default([]),
      conditions,
      nodeInfo: z.object({ architecture: z.string().optional(), kubeletVersion: z.string().default("") }).prefault({}),
    })
    .prefault({}),
});
export type Node = z.output<typeof node>;

const terminated = z.object({ reason: z.string().default("Error"), exitCode: z.int().default(-1) }).optional();
const container = z.object({
  image: z.string().default(""),
  args: z.array(z.string()).default([]),
  env: z.array(z.object({ name: z.string(), value: z.string().optional() })).default([]),
});
const podSpec = z.object({ nodeName: z.string().optional(), containers: z.array(container).default([]) });

export const pod = z.object({
  metadata,
  spec: podSpec.prefault({}),
  status: z
    .object({
      phase: z.string().default("Unknown"),
      conditions,
      containerStatuses: z
        .array(
          z.object({
            restartCount: z.int().default(0),
            state: z
              .object({
                waiting: z.object({ reason: z.string().default("Waiting"), message: z.string().optional() }).optional(),
                terminated,
              })
              .prefault({}),
            lastState: z.object({ terminated }).prefault({}),
          }),
        )
        .default([]),
    })
    .prefault({}),
});
export type Pod = z.output<typeof pod>;

/** A Deployment or a DaemonSet. */
export const workload = z.object({
  metadata,
  spec: z.object({
    template: z.object({ metadata: z.object({ labels: strings }).prefault({}), spec: podSpec.prefault({}) }),
  }),
  status: z.object({ numberReady: z.int().default(0) }).prefault({}),
});
export type Workload = z.output<typeof workload>;

export const service = z.object({
  metadata,
  spec: z.object({ type: z.string().optional() }).prefault({}),
  status: z
    .object({
      loadBalancer: z.object({ ingress: z.array(z.object({ ip: z.string().optional() })).default([]) }).prefault({}),
    })
    .prefault({}),
});
export type Service = z.output<typeof service>;

/** Returns the addresses that a load balancer has given a Service, in the Service's order. */
export function loadBalancerIps({ status }: Pick<Service, "status">): string[] {
  return status.loadBalancer.ingress.flatMap(({ ip }) => ip ?? []);
}

/** MetalLB's IPAddressPool. */
export const addressPool = z.object({
  metadata,
  spec: z.object({ addresses: z.array(z.string()).default([]), autoAssign: z.boolean().default(true) }).prefault({}),
  status: poolCounts.optional(),
});
export type AddressPool = z.output<typeof addressPool>;

/** MetalLB's ServiceL2Status: which node announces a Service on layer 2. */
export const serviceL2Status = z.object({
  metadata,
  status: z
    .object({
      node: z.string().optional(),
      serviceName: z.string().optional(),
      serviceNamespace: z.string().optional(),
    })
    .prefault({}),
});
export type ServiceL2Status = z.output<typeof serviceL2Status>;

export const endpointSlice = z.object({
  endpoints: z
    .array(z.object({ conditions: z.object({ ready: z.boolean().default(true) }).prefault({}) }))
    .nullish()
    .transform((endpoints) => endpoints ?? []),
  ports: z
    .array(z.object({ port: z.int().nullish() }))
    .nullish()
    .transform((ports) => ports ?? []),
});
export type EndpointSlice = z.output<typeof endpointSlice>;
