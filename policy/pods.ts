import { z } from "zod";

/** Where each kind that runs pods has their template. */
const PATHS: Readonly<Record<string, readonly string[]>> = {
  "core/v1:Pod": [],
  "core/v1:PodTemplate": ["template"],
  "core/v1:ReplicationController": ["spec", "template"],
  "apps/v1:Deployment": ["spec", "template"],
  "apps/v1:DaemonSet": ["spec", "template"],
  "apps/v1:ReplicaSet": ["spec", "template"],
  "apps/v1:StatefulSet": ["spec", "template"],
  "batch/v1:Job": ["spec", "template"],
  "batch/v1:CronJob": ["spec", "jobTemplate", "spec", "template"],
};

export interface PodTemplate {
  readonly namespace: string;
  /** Of the object that has the template; "" where Pulumi chooses it. */
  readonly name: string;
  readonly spec: unknown;
}

const metadata = z.object({ namespace: z.string().default("default"), name: z.string().default("") });

/** The pods that a resource brings, by its Pulumi type and inputs; undefined where it brings none. Pure. */
export function podTemplateOf(type: string, props: Readonly<Record<string, unknown>>): PodTemplate | undefined {
  const path = PATHS[type.replace(/^kubernetes:/, "")];
  if (path === undefined) return undefined;
  const spec = [...path, "spec"].reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), props);
  return { ...metadata.parse(props["metadata"] ?? {}), spec };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
