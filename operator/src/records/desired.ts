import type { DnsRecordSpec, Family, RecordType } from "@esddns/common/api";
import type { Rrset } from "../gandi/rrset.ts";
import { nameProblem, zoneProblem } from "../gandi/names.ts";
import { notGloballyReachable, parseAddress } from "@esddns/common/ip";
import { canonicalValue, joinPrefix } from "./addresses.ts";
import { agreedPrefixes, type KnownWan, type NodeAddress } from "./nodeAddress.ts";

/**
 * The desired content of one rrset. Keep: the content is not known now, for this reason, and the rrset stays unchanged.
 */
export type Desired =
  | { kind: "Write"; type: RecordType; rrset: Rrset }
  | { kind: "Keep"; type: RecordType; reason: "WaitingForAddress" | "NotGlobal" | "Invalid"; message: string };

type Intent = { kind: "Valid"; desired: Desired[] } | { kind: "Invalid"; problems: string[] };

interface DesiredInput {
  spec: DnsRecordSpec;
  wan: KnownWan | undefined;
  /** For a source of kind Service: the Service's addresses of both families. Undefined if they are not known. */
  serviceAddresses?: readonly string[] | undefined;
  /** Why the Service's addresses are not known, in words. */
  serviceProblem?: string | undefined;
  /** For ipv6FromNode: that node's own address within the agreed prefixes, or why there is none. */
  nodeAddress?: NodeAddress | undefined;
}

type Values = { values: string[] } | Pick<Extract<Desired, { kind: "Keep" }>, "reason" | "message">;

const familyOf: Record<RecordType, Family> = { A: "IPv4", AAAA: "IPv6" };

/** Returns one entry for each type of the record, in the order of the spec, or all problems of the spec. */
export function desiredRrsets(input: DesiredInput): Intent {
  const { spec } = input;
  const types = [...new Set(spec.types)];
  const problems = [zoneProblem(spec.zone), nameProblem(spec.name, spec.zone), ...sourceProblems(spec, types)];
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length > 0) return { kind: "Invalid", problems: found };
  return { kind: "Valid", desired: types.map((type) => desiredRrset(type, input)) };
}

function desiredRrset(type: RecordType, input: DesiredInput): Desired {
  const found = valuesOf(type, input);
  if (!("values" in found)) return { kind: "Keep", type, ...found };
  const values = [...new Set(found.values.map(canonicalValue))].sort();
  return { kind: "Write", type, rrset: { type, ttl: input.spec.ttl, values } };
}

function valuesOf(type: RecordType, { spec, wan, nodeAddress, ...service }: DesiredInput): Values {
  switch (spec.source.kind) {
    case "Wan":
      // The decision loop checked the address before writing it to the status. It is not checked again here.
      if (type === "A") return wanIpv4(wan);
      return spec.ipv6FromNode === undefined
        ? wanIpv6(wan, spec.ipv6Suffix ?? "")
        : ofNode(nodeAddress, spec.ipv6FromNode);
    case "Fixed":
      return publicOnly(ofFamily(spec.source.values ?? [], type), spec);
    case "Service": {
      const values = ofFamily(service.serviceAddresses ?? [], type);
      if (values.length > 0) return publicOnly(values, spec);
      const { namespace = "", name = "" } = spec.source.service ?? {};
      return waiting(
        service.serviceProblem ?? `Service ${namespace}/${name} has no ${familyOf[type]} address that is known`,
      );
    }
  }
}

function wanIpv4(wan: KnownWan | undefined): Values {
  const values = ofFamily(wan?.ipv4Addresses ?? [wan?.ipv4 ?? ""], "A");
  return values.length > 0 ? { values } : waiting("the IPv4 WAN address is not known yet");
}

function wanIpv6(wan: KnownWan | undefined, suffix: string): Values {
  const prefixes = agreedPrefixes(wan);
  if (prefixes.length === 0) return waiting("the IPv6 prefix is not known yet");
  const values: string[] = [];
  for (const prefix of prefixes) {
    const joined = joinPrefix(prefix, suffix);
    if ("problem" in joined) return { reason: "Invalid", message: `${joined.problem}: change ipv6Suffix` };
    values.push(joined.address);
  }
  return { values };
}

function ofNode(found: NodeAddress | undefined, node: string): Values {
  if (found === undefined) return waiting(`node ${node} has told no IPv6 address of its own`);
  return "address" in found ? { values: [found.address] } : waiting(found.problem);
}

function waiting(message: string): Values {
  return { reason: "WaitingForAddress", message };
}

function publicOnly(values: string[], { allowPrivate }: DnsRecordSpec): Values {
  if (allowPrivate) return { values };
  for (const value of values) {
    const address = parseAddress(value);
    const block = address && notGloballyReachable(address);
    if (block === undefined) continue;
    const message = `${value} cannot be reached from the internet (${block.name}, ${block.rfc}): set allowPrivate if it is meant`;
    return { reason: "NotGlobal", message };
  }
  return { values };
}

function ofFamily(values: readonly string[], type: RecordType): string[] {
  return values.filter((value) => parseAddress(value)?.family === familyOf[type]);
}

function sourceProblems(spec: DnsRecordSpec, types: readonly RecordType[]): string[] {
  switch (spec.source.kind) {
    case "Wan":
      return types.includes("AAAA") ? hostPartProblems(spec) : [];
    case "Service":
      return spec.source.service === undefined ? ["source: kind Service needs a service"] : [];
    case "Fixed":
      return fixedProblems(spec.source.values ?? [], types);
  }
}

function hostPartProblems({ ipv6Suffix: suffix, ipv6FromNode }: DnsRecordSpec): string[] {
  if (ipv6FromNode !== undefined) {
    return suffix === undefined ? [] : ["ipv6Suffix: it is set beside ipv6FromNode; keep one of the two"];
  }
  if (suffix === undefined) {
    return [
      "ipv6Suffix: AAAA from the WAN prefix needs the host's part of the address, for instance ::10, or ipv6FromNode",
    ];
  }
  const address = parseAddress(suffix);
  if (address?.family !== "IPv6") return [`ipv6Suffix: "${suffix}" is not an IPv6 address`];
  // RFC 4291 2.6.1: an address with only zeros after the prefix belongs to the subnet's routers.
  return address.text === "::" ? ['ipv6Suffix: "::" names no host'] : [];
}

function fixedProblems(values: readonly string[], types: readonly RecordType[]): string[] {
  const families = types.map((type) => familyOf[type]);
  const wrong = values.flatMap((value) => {
    const family = parseAddress(value)?.family;
    if (family === undefined) return [`source.values: "${value}" is not an address`];
    return families.includes(family) ? [] : [`source.values: "${value}" does not fit types ${types.join(", ")}`];
  });
  const missing = types.filter((type) => ofFamily(values, type).length === 0);
  return [...wrong, ...missing.map((type) => `source.values: no ${familyOf[type]} address for type ${type}`)];
}
