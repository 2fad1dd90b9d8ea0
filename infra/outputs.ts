/** How the stack's outputs come from what the cluster says. */
import type { DnsRecordStatus, WanAddressStatus } from "@esddns/common/api";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { fqdn } from "./config/keys/records.ts";
import type { DnsRecordConfig } from "./config/schema.ts";
import type { IPAddressPoolStatus } from "./kubernetes/kinds.ts";
import type { PoolOutput, RecordOutput, StackOutputs } from "./stackOutputs.ts";

/** null in the place of what has failed: a stack whose one output fails would store none at all. */
export function orNull<T>(output: pulumi.Output<T | undefined>): pulumi.Output<T | null> {
  return pulumi.recover<T | null>(
    output.apply((value): T | null => value ?? null),
    () => null,
  );
}

/** IPv4 first. */
export function loadBalancerIp(status: k8s.types.output.core.v1.ServiceStatus | null): string | null {
  // Typed as always there, but missing until the first address is.
  const ingress = (status as Partial<k8s.types.output.core.v1.ServiceStatus> | null)?.loadBalancer?.ingress ?? [];
  const ips = ingress.flatMap(({ ip }) => (ip ? [ip] : []));
  return ips.find((ip) => !ip.includes(":")) ?? ips[0] ?? null;
}

export function statusUrl(ip: string | null): string | null {
  if (ip === null) return null;
  return ip.includes(":") ? `http://[${ip}]/` : `http://${ip}/`;
}

export function wanOutputs(status: WanAddressStatus | null): Pick<StackOutputs, "wanIp" | "wanIpv4" | "wanIpv6"> {
  const wanIpv4 = status?.ipv4 ?? null;
  const wanIpv6 = status?.ipv6 ?? null;
  return { wanIp: wanIpv4 ?? wanIpv6, wanIpv4, wanIpv6 };
}

export function recordOutputs(record: DnsRecordConfig, status: DnsRecordStatus | null): RecordOutput[] {
  const synced = status?.conditions?.some(({ type, status }) => type === "Synced" && status === "True") ?? false;
  return record.types.map((type) => ({
    fqdn: fqdn(record),
    type,
    value: status?.published?.find((rrset) => rrset.type === type)?.values.join(" ") ?? null,
    synced,
  }));
}

/** The records of the config, each with what was stored of the same name and type. */
export function storedRecords(
  records: readonly DnsRecordConfig[],
  stored: StackOutputs["records"],
): StackOutputs["records"] {
  return records
    .flatMap((record) => recordOutputs(record, null))
    .map((record) => {
      const last = stored.find(({ fqdn, type }) => fqdn === record.fqdn && type === record.type);
      return last === undefined ? record : { ...record, value: last.value, synced: last.synced };
    });
}

/** The pools of the config, each with what was stored of the same name. */
export function storedPools(pools: readonly PoolConfig[], stored: StackOutputs["pools"]): StackOutputs["pools"] {
  return pools.map((pool) => {
    const last = stored.find(({ name }) => name === pool.name);
    const { assigned = null, available = null } = last ?? {};
    return { ...poolOutput(pool, null), assigned, available };
  });
}

type PoolConfig = { readonly name: string; readonly addresses: readonly string[]; readonly capacity: bigint };

export function poolOutput(
  pool: PoolConfig,
  // MetalLB before 0.15 does not count, and leaves an empty status of what a newer one has said.
  status: Partial<IPAddressPoolStatus> | null,
): PoolOutput {
  return {
    name: pool.name,
    addresses: pool.addresses,
    capacity: Number(pool.capacity),
    assigned: sum(status?.assignedIPv4, status?.assignedIPv6),
    available: sum(status?.availableIPv4, status?.availableIPv6),
  };
}

function sum(ipv4: number | undefined, ipv6: number | undefined): number | null {
  return ipv4 === undefined || ipv6 === undefined ? null : ipv4 + ipv6;
}
