/** JSON Schemas as kubeconform looks for them, from what Kubernetes and the definitions of custom resources say. Pure. */

export type Schema = Readonly<Record<string, unknown>>;

/** The part of `api/openapi-spec/swagger.json` of Kubernetes that is used here. */
export interface Swagger {
  readonly definitions: Readonly<Record<string, Schema>>;
}

/** The part of a CustomResourceDefinition that is used here. */
export interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema?: { readonly openAPIV3Schema?: Schema } | undefined;
    }[];
  };
}

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** How kubeconform names a schema's file with the template `{{.ResourceKind}}{{.KindSuffix}}.json`. */
function fileName({ group, version, kind }: GroupVersionKind): string {
  const [domain = ""] = group.split(".");
  return `${[kind, ...(domain === "" ? [] : [domain]), version].join("-").toLowerCase()}.json`;
}

/** File name → schema, for each kind of Kubernetes itself. */
export function builtInSchemas({ definitions }: Swagger): Map<string, Schema> {
  const strictOnes = Object.fromEntries(
    Object.entries(definitions).map(([name, schema]) => [name, SCALARS[name] ?? strict(schema)]),
  );
  return new Map(
    Object.entries(definitions).flatMap(([name, schema]) => {
      const kinds = (schema["x-kubernetes-group-version-kind"] ?? []) as readonly GroupVersionKind[];
      const root = { $ref: `#/definitions/${name}`, definitions: reachable(name, strictOnes) };
      return kinds.map((kind) => [fileName(kind), root] as const);
    }),
  );
}

/** The same for the kinds that a CustomResourceDefinition brings. */
export function customSchemas({ spec }: Definition): Map<string, Schema> {
  return new Map(
    spec.versions.map(({ name, schema }) => {
      const own = strict(schema?.openAPIV3Schema ?? {}) as { readonly properties?: Schema };
      // The API server knows these of every object, whatever the definition says of them.
      const properties = { ...own.properties, ...EVERY_OBJECT };
      const file = fileName({ group: spec.group, version: name, kind: spec.names.kind });
      return [file, { ...own, properties }] as const;
    }),
  );
}

const EVERY_OBJECT = {
  apiVersion: { type: "string" },
  kind: { type: "string" },
  metadata: {
    type: "object",
    additionalProperties: false,
    properties: {
      name: { type: "string" },
      namespace: { type: "string" },
      labels: { type: "object", additionalProperties: { type: "string" } },
      annotations: { type: "object", additionalProperties: { type: "string" } },
    },
  },
};

/** Swagger can say of these only that they are strings; a number is meant too. */
const SCALARS: Readonly<Record<string, Schema>> = {
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { type: ["string", "integer"] },
  "io.k8s.apimachinery.pkg.api.resource.Quantity": { type: ["string", "number"] },
};

/** Fields that a schema does not name are errors, as a misspelt one is. */
function strict(schema: Schema): Schema {
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strictValue(value)]));
  if (schema["x-kubernetes-int-or-string"] === true) return { type: ["string", "integer"] };
  const open = "additionalProperties" in schema || schema["x-kubernetes-preserve-unknown-fields"] === true;
  return isSchema(schema["properties"]) && !open ? { ...inner, additionalProperties: false } : inner;
}

function strictValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strictValue);
  return isSchema(value) ? strict(value) : value;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The definitions that `name` refers to, itself among them. */
function reachable(name: string, definitions: Readonly<Record<string, Schema>>): Record<string, Schema> {
  const found: Record<string, Schema> = {};
  const visit = (each: string) => {
    const definition = definitions[each];
    if (definition === undefined || each in found) return;
    found[each] = definition;
    for (const [, next] of JSON.stringify(definition).matchAll(/"#\/definitions\/([^"]+)"/g)) visit(next ?? "");
  };
  visit(name);
  return found;
}
