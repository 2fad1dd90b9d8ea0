/** Reads which fields the custom resource definitions of the cluster have. */
import { crds } from "@esddns/common/api";
import { z } from "zod";
import type { Cluster } from "../kubernetes/cluster.ts";
import type { Definitions } from "./facts.ts";

const METALLB_DEFINITIONS = ["ipaddresspools", "l2advertisements", "bgppeers", "bgpadvertisements", "bfdprofiles"];

export async function readDefinitions(
  cluster: Pick<Cluster, "get">,
): Promise<{ fields: Definitions } | { why: string }> {
  const names = [
    ...METALLB_DEFINITIONS.map((plural) => `${plural}.metallb.io`),
    ...crds.map((crd) => crd.metadata.name),
  ];
  const fields = new Map<string, ReadonlySet<string>>();
  const read = await Promise.all(
    names.map((name) => cluster.get(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`, definition)),
  );
  for (const each of read) {
    if (each.read) addFields(fields, each.value);
    else if (each.reason !== "NotFound") return { why: each.why };
  }
  return { fields };
}

/** Returns the fields of one definition, as `Definitions` has them. */
export function fieldsOf(crd: unknown): Definitions {
  const fields = new Map<string, ReadonlySet<string>>();
  addFields(fields, definition.parse(crd));
  return fields;
}

function addFields(into: Map<string, ReadonlySet<string>>, { metadata, spec }: z.output<typeof definition>): void {
  for (const { name, served, schema } of spec.versions) {
    if (!served) continue;
    const found = new Set<string>();
    walk(schema.openAPIV3Schema.properties?.["spec"], "", found);
    walk(schema.openAPIV3Schema.properties?.["status"], "status", found);
    into.set(`${metadata.name} ${name}`, found);
  }
}

function walk(schema: Schema | undefined, prefix: string, found: Set<string>): void {
  for (const [key, member] of Object.entries(schema?.properties ?? {})) {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    found.add(path);
    walk(member, path, found);
    walk(member.items, path, found);
  }
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly items?: Schema | undefined;
}
const schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({ properties: z.record(z.string(), schema).optional(), items: schema.optional() }),
);
const definition = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    versions: z.array(
      z.object({ name: z.string(), served: z.boolean(), schema: z.object({ openAPIV3Schema: schema }) }),
    ),
  }),
});
