import * as z from "zod";
import {
  detectionSpec,
  dnsRecordSpec,
  dnsRecordStatus,
  family,
  wanAddressStatus,
  wanObservation,
} from "@esddns/common/api";

const dateTime = z.iso.datetime({ offset: true });

/** Not z.int(): IPv6 pools have more addresses than a double counts exactly. */
const poolCount = { assigned: z.number(), available: z.number() };

/** The document at /raw. New keys may be added. Existing keys keep their meaning. */
export const rawSchema = z.object({
  poll_date: dateTime.nullable().describe("When a node last finished a round. A key of older versions."),
  wan_ip_state: z
    .object({ IP: z.string().nullable(), usable: z.boolean() })
    .describe("The one WAN address, IPv4 if there is one. A key of older versions."),
  record_state: z
    .object({
      in_sync: z.boolean(),
      record_data: z
        .object({
          rrset_name: z.string(),
          rrset_type: z.string(),
          rrset_ttl: z.int(),
          rrset_values: z.array(z.string()),
          rrset_href: z.string(),
        })
        .nullable(),
    })
    .describe("Only the first record. A key of older versions."),
  namespace: z.string(),
  version: z.string(),
  time: dateTime.describe("When this document was made."),
  verdict: z.object({ title: z.string(), detail: z.string() }).describe("The headline of the page."),
  wan: z
    .object({ spec: detectionSpec, status: wanAddressStatus })
    .nullable()
    .describe("The WanAddress of the namespace. null: it does not exist."),
  records: z.array(z.object({ name: z.string(), spec: dnsRecordSpec, status: dnsRecordStatus })),
  observations: z.array(wanObservation).describe("Each node's own view: every vote of its last full round."),
  loadBalancer: z
    .object({
      addresses: z.array(z.string()).nullable(),
      announcedBy: z.array(z.string()).nullable().describe("Nodes that announce the page's address on layer 2."),
      pools: z
        .array(z.object({ name: z.string(), ...poolCount, families: z.array(z.object({ family, ...poolCount })) }))
        .nullable()
        .describe("How many addresses are assigned and how many are available, in total and per family of the pool."),
    })
    .describe("null: unknown to the pod that answers. Only the page's pods read it."),
  gandiToken: z.object({ expires: z.string().nullable(), daysLeft: z.int().nullable() }),
  timeline: z.array(z.object({ time: z.string(), kind: z.enum(["Change", "Doubt", "Warning"]), text: z.string() })),
  watches: z.array(z.object({ kind: z.string(), ageSeconds: z.number().nullable() })),
});

/** Returns the JSON schema of /raw, served at /raw/schema. */
export function rawJsonSchema(): object {
  return {
    title: "ESDDNS /raw",
    ...z.toJSONSchema(rawSchema, {
      override: ({ jsonSchema }) => {
        // Readers must not break when a key is added.
        delete jsonSchema.additionalProperties;
      },
    }),
  };
}
