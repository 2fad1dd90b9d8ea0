import type { DnsRecordSpec, Family, RecordType, WanAddressStatus } from "../api/index.ts";
import type { Rrset } from "../gandi/rrset.ts";
import { nameProblem, zoneProblem } from "../gandi/names.ts";
import { parseAddress } from "../wan/address.ts";
import { notGloballyReachable } from "../wan/special-purpose.ts";
import { canonicalValue, joinPrefix } from "./addresses.ts";

/** What one rrset of a record shall be, or why nothing can be said about it now: then it stays as it is. */
export type Desired =
  | { kind: "Write"; type: RecordType; rrset: Rrset }
  | { kind: "Keep"; type: RecordType; reason: "WaitingForAddress" | "NotGlobal" | "Invalid"; message: string };

type Intent = { kind: "Valid"; desired: Desired[] } | { kind: "Invalid"; problems: string[] };

interface DesiredInput {
  spec: DnsRecordSpec;
  wan: WanAddressStatus | undefined;
  /** The addresses that the Service of a source of kind Service has, of both families; undefined: not known. */
  serviceAddresses?: readonly string[] | undefined;
}

type Values = { values: string[] } | Pick<Extract<Desired, { kind: "Keep" }>, "reason" | "message">;

const familyOf: Record<RecordType, Family> = { A: "IPv4", AAAA: "IPv6" };

/** One entry for each type of the record, in the order of the spec; or everything that is wrong with the spec. */
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

function valuesOf(type: RecordType, { spec, wan, serviceAddresses }: DesiredInput): Values {
  switch (spec.source.kind) {
    case "Wan":
      // Whether the address may be believed has been decided before it came into the status: no second judgement here.
      return type === "A" ? wanIpv4(wan) : wanIpv6(wan, spec.ipv6Suffix ?? "");
    case "Fixed":
      return publicOnly(ofFamily(spec.source.values ?? [], type), spec);
    case "Service": {
      const values = ofFamily(serviceAddresses ?? [], type);
      if (values.length > 0) return publicOnly(values, spec);
      const { namespace = "", name = "" } = spec.source.service ?? {};
      return waiting(`Service ${namespace}/${name} has no ${familyOf[type]} address that is known`);
    }
  }
}

function wanIpv4(wan: WanAddressStatus | undefined): Values {
  const address = parseAddress(wan?.ipv4 ?? "");
  return address?.family === "IPv4" ? { values: [address.text] } : waiting("the IPv4 WAN address is not known yet");
}

function wanIpv6(wan: WanAddressStatus | undefined, suffix: string): Values {
  if (wan?.ipv6Prefix === undefined) return waiting("the IPv6 prefix is not known yet");
  const joined = joinPrefix(wan.ipv6Prefix, suffix);
  return "address" in joined
    ? { values: [joined.address] }
    : { reason: "Invalid", message: `${joined.problem}: change ipv6Suffix` };
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
      return types.includes("AAAA") ? suffixProblems(spec.ipv6Suffix) : [];
    case "Service":
      return spec.source.service === undefined ? ["source: kind Service needs a service"] : [];
    case "Fixed":
      return fixedProblems(spec.source.values ?? [], types);
  }
}

function suffixProblems(suffix: string | undefined): string[] {
  if (suffix === undefined) {
    return ["ipv6Suffix: AAAA from the WAN prefix needs the host's part of the address, for instance ::10"];
  }
  const address = parseAddress(suffix);
  if (address?.family !== "IPv6") return [`ipv6Suffix: "${suffix}" is not an IPv6 address`];
  // RFC 4291 2.6.1: the address of all zeros after the prefix is that of the subnet's routers.
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
