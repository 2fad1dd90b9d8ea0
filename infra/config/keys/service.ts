/** The status page's Service: its pool and address, its families, its names and its Ingress. */
import type { Family } from "@esddns/common/api";
import type { AddressRange } from "@esddns/common/ip";
import { z } from "zod";
import { stackKey } from "../keyFacts.ts";
import * as fields from "../values/fields.ts";
import { distinct } from "../values/lists.ts";
import { annotationMap, labelName } from "../values/labels.ts";
import type { Problem } from "../validation/problem.ts";
import { noUsablePool, usablePools } from "./pools/defaultPool.ts";
import type { PlacedPool } from "./pools/schema.ts";

const tls = z.object({
  secretName: fields.foreignName.optional().describe("The Secret with the certificate; default esddns-service-tls."),
  clusterIssuer: fields.foreignName.optional().describe("cert-manager's ClusterIssuer that makes it."),
  issuer: fields.foreignName.optional().describe("cert-manager's Issuer in this namespace that makes it."),
});

const ingress = z.object({
  host: fields.hostName.describe("The name that the page is to have, for instance esddns.example.com."),
  className: fields.foreignName
    .optional()
    .describe("The IngressClass, for instance nginx; left out, the cluster's default."),
  annotations: annotationMap.default({}).describe("More annotations for the Ingress: { name: text }."),
  tls: tls.optional().describe("{ clusterIssuer } or { issuer } of cert-manager, or { secretName } of a certificate."),
});

const serviceSchema = z.object({
  pool: z.string().optional().describe("The pool of the status page's address."),
  address: fields.serviceAddress.optional().describe("Its fixed address, for instance 192.168.1.100."),
  externalTrafficPolicy: z
    .enum(["Cluster", "Local"])
    .default("Cluster")
    .describe("Local: only nodes with a pod of the page take part, and it sees the client's own address."),
  ipFamilyPolicy: z
    .enum(["SingleStack", "PreferDualStack", "RequireDualStack"])
    .optional()
    .describe("Left out: both families where pool and cluster have both, else the one that there is."),
  loadBalancerClass: labelName
    .optional()
    .describe("Where MetalLB takes Services of one class only; default that of esddns:metallb.values."),
  hosts: distinct(z.array(fields.pageHost))
    .default([])
    .describe("More names to open the page under, for instance [esddns.lan]: see docs/page.md."),
  ingress: ingress.optional().describe("{ host, className, tls }: the page under a name, by the cluster's Ingress."),
});

export const serviceKey = stackKey(serviceSchema.prefault({}), {
  encrypted: "secret",
  guide: "metallb.md#the-pages-service",
});

export type Service = z.output<typeof serviceSchema>;

/** Where the page gets its address. */
export interface PagePlace {
  /** Always named if one is known: among pools of other stacks, MetalLB would take any of them. */
  readonly pool: string | undefined;
  /** Its fixed addresses. */
  readonly addresses: readonly string[];
  /** The families that its addresses can be of; none if the pool is another stack's. */
  readonly families: readonly Family[];
}

export function placePage(service: Service, pools: readonly PlacedPool[], namespace: string): PagePlace {
  const wanted = { key: "service", namespace, address: service.address } as const;
  const pool = service.pool ?? usablePools(pools, wanted)[0]?.value.name;
  const addresses = service.address === undefined ? [] : fields.splitAddresses(service.address);
  const families = familiesOf(addresses, pools.find(({ value }) => value.name === pool)?.value);
  return { pool, addresses, families };
}

/** `known`: there are no pools but these. */
export function noPoolForPage(
  { pool, address }: Service,
  pools: readonly PlacedPool[],
  { namespace, known }: { readonly namespace: string; readonly known: boolean },
): Problem[] {
  if (!known || pool !== undefined || address !== undefined) return [];
  return noUsablePool(pools, { key: "service", namespace, address });
}

/** The names that the page is served under, for its pods. */
export function hostsEnv({ hosts, ingress }: Pick<Service, "hosts" | "ingress">): { name: string; value: string }[] {
  const all = new Set([...hosts, ...(ingress === undefined ? [] : [ingress.host])]);
  return all.size === 0 ? [] : [{ name: "ESDDNS_HOSTS", value: [...all].join(",") }];
}

/** The families of fixed addresses, or of the pool without one; none if the pool is another stack's. */
export function familiesOf(
  addresses: readonly string[],
  pool: { readonly addresses: readonly Pick<AddressRange, "family">[] } | undefined,
): Family[] {
  const fixed = addresses.map((each): Family => (each.includes(":") ? "IPv6" : "IPv4"));
  const found = fixed.length > 0 ? fixed : (pool?.addresses ?? []).map(({ family }) => family);
  return [...new Set(found)].sort();
}

/**
 * `families`: as familiesOf returns them. A Service that prefers both families gets both on a cluster that has both, and
 * MetalLB then refuses a fixed address of one family. So one address, or a pool of one family, makes a Service of one.
 */
export function ipFamilies(families: readonly Family[], policy: Service["ipFamilyPolicy"]) {
  const ipFamilyPolicy = policy ?? (families.length === 1 ? "SingleStack" : "PreferDualStack");
  return {
    ipFamilyPolicy,
    ...(families.length === 1 && ipFamilyPolicy === "SingleStack" ? { ipFamilies: [...families] } : {}),
  };
}

/** Reports a policy that the families of the fixed addresses, or of the pool, cannot satisfy. */
export function familyProblems(
  { ipFamilyPolicy, address }: Pick<Service, "ipFamilyPolicy" | "address">,
  families: readonly Family[],
): Problem[] {
  const path = ["service", "ipFamilyPolicy"];
  const [family] = families;
  if (ipFamilyPolicy === undefined || family === undefined) return [];
  const where = address === undefined ? "the pool has" : "the fixed address is";
  if (families.length === 1 && ipFamilyPolicy !== "SingleStack") {
    // Without a fixed address MetalLB takes the family that the pool has.
    if (address === undefined && ipFamilyPolicy === "PreferDualStack") return [];
    const wrong = `${ipFamilyPolicy} asks for both families, and ${where} ${family} only`;
    return [{ path, wrong, right: "Give it an address of each family, or leave this out." }];
  }
  if (families.length === 2 && ipFamilyPolicy === "SingleStack" && address !== undefined) {
    return [
      { path, wrong: "SingleStack is one family, and address has two", right: "Write one address, or leave this out." },
    ];
  }
  return [];
}

/** The class of Services that a MetalLB with these values takes; undefined: every Service without one. */
export function classOf(values: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const given = values?.["loadBalancerClass"];
  return typeof given === "string" && given !== "" ? given : undefined;
}

/**
 * MetalLB ignores Services of another class without a word. `values`: of the MetalLB that is installed here; undefined if
 * it is another stack's, or if they cannot be read.
 */
export function classProblems(
  { loadBalancerClass }: Pick<Service, "loadBalancerClass">,
  values: Readonly<Record<string, unknown>> | undefined,
): Problem[] {
  const taken = classOf(values);
  if (values === undefined || loadBalancerClass === undefined || loadBalancerClass === taken) return [];
  const path = ["service", "loadBalancerClass"];
  if (taken === undefined) {
    const wrong = `is ${JSON.stringify(loadBalancerClass)}, and the MetalLB of this stack takes Services without a class, so the page would get no address`;
    const right = `Leave it out, or give MetalLB the class, too: esddns:metallb.values { loadBalancerClass: ${loadBalancerClass} }.`;
    return [{ path, wrong, right }];
  }
  const wrong = `is another than the ${JSON.stringify(taken)} of esddns:metallb.values, so the page would get no address`;
  return [{ path, wrong, right: "Leave it out." }];
}

export function ingressProblems({ ingress }: Service): Problem[] {
  const { tls, annotations = {} } = ingress ?? {};
  if (tls === undefined) return [];
  const path = ["service", "ingress", "tls"];
  if (tls.clusterIssuer !== undefined && tls.issuer !== undefined)
    return [{ path: [...path, "issuer"], wrong: "is set beside clusterIssuer", right: "Keep one of the two." }];
  const issued =
    tls.clusterIssuer ?? tls.issuer ?? Object.keys(annotations).find((key) => key.startsWith(CERT_MANAGER));
  if (issued !== undefined || tls.secretName !== undefined) return [];
  const right = "Write { clusterIssuer: letsencrypt } with cert-manager, or { secretName } of a Secret that exists.";
  return [{ path, wrong: "says neither who makes the certificate nor where it is", right }];
}

const CERT_MANAGER = "cert-manager.io/";
