import * as z from "zod";
import {
  detectionSpec,
  dnsRecordSpec,
  dnsRecordStatus,
  GROUP,
  VERSION,
  wanAddressStatus,
  wanObservation,
} from "./v1alpha1.ts";

type JsonSchema = Record<string, unknown>;

interface PrinterColumn {
  name: string;
  type: "string" | "integer" | "date";
  jsonPath: string;
  description?: string;
}

/** A CustomResourceDefinition of apiextensions.k8s.io/v1. */
interface CrdManifest {
  apiVersion: "apiextensions.k8s.io/v1";
  kind: "CustomResourceDefinition";
  metadata: { name: string };
  spec: {
    group: string;
    scope: "Namespaced";
    names: { kind: string; plural: string; singular: string; shortNames?: string[] };
    versions: {
      name: string;
      served: true;
      storage: true;
      subresources?: { status: Record<string, never> };
      additionalPrinterColumns: PrinterColumn[];
      schema: { openAPIV3Schema: JsonSchema };
    }[];
  };
}

const age: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

function conditionColumn(type: string): PrinterColumn {
  return { name: type, type: "string", jsonPath: `.status.conditions[?(@.type=="${type}")].status` };
}

/** The definitions of the group, in the order of their creation. */
export const crds: readonly CrdManifest[] = [
  crd({
    kind: "WanAddress",
    plural: "wanaddresses",
    shortNames: ["wan"],
    properties: { spec: structural(detectionSpec), status: structural(wanAddressStatus) },
    required: ["spec"],
    columns: [
      { name: "IPv4", type: "string", jsonPath: ".status.ipv4" },
      { name: "IPv6 prefix", type: "string", jsonPath: ".status.ipv6Prefix" },
      conditionColumn("Ready"),
      conditionColumn("Agreed"),
      conditionColumn("BehindNAT"),
      { name: "Changed", type: "date", jsonPath: ".status.lastChangeTime" },
      age,
    ],
  }),
  crd({
    kind: "WanObservation",
    plural: "wanobservations",
    shortNames: ["wanobs"],
    ...topLevel(structural(wanObservation)),
    columns: [{ name: "Observed", type: "date", jsonPath: ".observedAt" }, age],
  }),
  crd({
    kind: "DnsRecord",
    plural: "dnsrecords",
    shortNames: ["dnsrec"],
    properties: { spec: structural(dnsRecordSpec), status: structural(dnsRecordStatus) },
    required: ["spec"],
    columns: [
      { name: "FQDN", type: "string", jsonPath: ".status.fqdn" },
      { name: "Value", type: "string", jsonPath: ".status.published[*].values[*]" },
      conditionColumn("Synced"),
      { name: "Reason", type: "string", jsonPath: '.status.conditions[?(@.type=="Synced")].reason' },
      conditionColumn("Verified"),
      age,
    ],
  }),
];

function crd(definition: {
  kind: string;
  plural: string;
  shortNames: string[];
  properties: JsonSchema;
  required: string[];
  columns: PrinterColumn[];
}): CrdManifest {
  const { kind, plural, shortNames, properties, required, columns } = definition;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: "Namespaced",
      names: { kind, plural, singular: kind.toLowerCase(), shortNames },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          ...("status" in properties ? { subresources: { status: {} } } : {}),
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: { type: "object", required, properties } },
        },
      ],
    },
  };
}

function topLevel(schema: JsonSchema): { properties: JsonSchema; required: string[] } {
  return { properties: schema["properties"] as JsonSchema, required: schema["required"] as string[] };
}

/**
 * Returns the JSON schema of a zod type as a structural schema. Kubernetes prunes unknown fields by itself and rejects
 * `additionalProperties` beside `properties`. It supports neither `$schema` nor the patterns that zod adds to formats.
 */
function structural(type: z.ZodType): JsonSchema {
  const schema = z.toJSONSchema(type, {
    io: "input",
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
      if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
    },
  }) as JsonSchema;
  delete schema["$schema"];
  return schema;
}
