/** The monitoring objects against the Prometheus operator's own definitions of them. Needs no running lab, only Go. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { monitoringSchema } from "../../infra/config/keys/monitoring.ts";
import { monitoringObjects } from "../../infra/monitoring/objects.ts";
import { moduleDir } from "@esddns/lab";

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly "x-kubernetes-int-or-string"?: boolean;
}
interface Definition {
  readonly spec: { readonly versions: readonly { name: string; schema: { openAPIV3Schema: Schema } }[] };
}

const NAME = "prometheus-operator";
let dir = "";
beforeAll(async () => {
  dir = join(await moduleDir(NAME, `github.com/${NAME}/${NAME}`), "example", "prometheus-operator-crd");
});

const objectsOf = (monitor: string) => {
  const monitoring = monitoringSchema.parse({ monitor, rules: true, labels: { release: "x" } });
  return monitoringObjects({ namespace: "home", monitoring, intervalSeconds: 300 });
};

test.each([
  ["podmonitors", "PodMonitor"],
  ["servicemonitors", "ServiceMonitor"],
  ["prometheusrules", "PrometheusRule"],
])("the Prometheus operator's definition of %s takes what the stack writes", async (plural, kind) => {
  const schema = await schemaOf(plural);
  const object = objectsOf(kind === "ServiceMonitor" ? kind : "PodMonitor").find((each) => each.kind === kind);
  expect(faults(schema, object, kind)).toEqual([]);
});

test("what a definition does not take is found", async () => {
  const [rule] = objectsOf("None");
  const broken = { ...rule, spec: { groups: [{ name: "x", rules: [{ alert: "A", for: "soon", exp: "1" }] }] } };
  expect(faults(await schemaOf("prometheusrules"), broken, "PrometheusRule")).toEqual([
    "PrometheusRule.spec.groups.0.rules.0 lacks expr",
    expect.stringContaining("PrometheusRule.spec.groups.0.rules.0.for does not match"),
    "PrometheusRule.spec.groups.0.rules.0.exp is not known",
  ]);
});

async function schemaOf(plural: string): Promise<Schema> {
  const text = await readFile(join(dir, `monitoring.coreos.com_${plural}.yaml`), "utf8");
  const { spec } = parse(text) as Definition;
  const version = spec.versions.find(({ name }) => name === "v1");
  if (version === undefined) throw new Error(`${plural} has no v1`);
  return version.schema.openAPIV3Schema;
}

/** What a structural schema has against a value: unknown fields too, which an API server would drop. */
function faults(schema: Schema, value: unknown, path: string): string[] {
  if (schema["x-kubernetes-int-or-string"] === true) {
    return ["string", "number"].includes(typeof value) ? [] : [`${path} is neither text nor number`];
  }
  if (schema.type === "object") return objectFaults(schema, value, path);
  if (schema.type === "array") {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((item, index) => faults(schema.items ?? {}, item, `${path}.${index}`));
  }
  const type = schema.type === "integer" ? "number" : schema.type;
  if (type !== undefined && typeof value !== type) return [`${path} is no ${type}`];
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${path} is none of ${schema.enum.join()}`];
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(String(value)))
    return [`${path} does not match ${schema.pattern}`];
  return [];
}

function objectFaults(schema: Schema, value: unknown, path: string): string[] {
  if (typeof value !== "object" || value === null) return [`${path} is no object`];
  const { properties, additionalProperties, required = [] } = schema;
  const missing = required.filter((key) => !(key in value)).map((key) => `${path} lacks ${key}`);
  const wrong = Object.entries(value).flatMap(([key, item]) => {
    const member = properties?.[key] ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
    if (member !== undefined) return faults(member, item, `${path}.${key}`);
    // metadata is Kubernetes' own, and has no schema here.
    return properties === undefined ? [] : [`${path}.${key} is not known`];
  });
  return [...missing, ...wrong];
}
