/** Computes the stack's outputs from what the cluster reports. */
import { isTrue } from "@esddns/common/cluster";
import type { DnsRecordStatus, WanAddressStatus } from "@esddns/common/api";
import { contains, parseSingle, type AddressRange } from "@esddns/common/ip";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { fqdn, type DnsRecordConfig } from "./config/keys/records.ts";
import type { IPAddressPoolStatus } from "./kubernetes/kinds.ts";
import type { PoolOutput, RecordOutput, StackOutputs } from "./stackOutputs.ts";

/** Returns null for an output that has failed: if one output fails, the stack stores none at all. */
export function orNull<T>(output: pulumi.Output<T | undefined>): pulumi.Output<T | null> {
  return pulumi.recover<T | null>(
    output.apply((value): T | null => value ?? null),
    () => null,
  );
}

type ServiceStatus = k8s.types.output.core.v1.ServiceStatus;

/**
 * Returns the address that MetalLB has given a Service, IPv4 first. `pools` has the addresses of all pools of the
 * cluster, and MetalLB assigns one of those. Undefined if the pools are unknown.
 */
export function loadBalancerIp(
  status: ServiceStatus | null,
  pools: readonly AddressRange[] | undefined,
): string | null {
  const ips = ingressIps(status).filter((ip) => pools === undefined || isInPools(ip, pools));
  return ips.find((ip) => !ip.includes(":")) ?? ips[0] ?? null;
}

/** Returns a warning if no address of a Service comes from MetalLB. */
export function foreignAddress(
  status: ServiceStatus | null,
  pools: readonly AddressRange[] | undefined,
): string | undefined {
  const ips = ingressIps(status);
  if (ips.length === 0 || loadBalancerIp(status, pools) !== null) return undefined;
  return (
    `The page's Service has the address ${ips.join(", ")}, which is in no address pool: another load balancer than ` +
    "MetalLB writes it, as k3s' ServiceLB does. The outputs loadBalancerIp and statusUrl are null until it is off: " +
    "docs/troubleshooting.md"
  );
}

function ingressIps(status: ServiceStatus | null): string[] {
  // The type says always present, but it is missing until the first address exists.
  const ingress = (status as Partial<ServiceStatus> | null)?.loadBalancer?.ingress ?? [];
  return ingress.flatMap(({ ip }) => (ip ? [ip] : []));
}

function isInPools(ip: string, pools: readonly AddressRange[]): boolean {
  const address = parseSingle(ip);
  return address !== undefined && pools.some((range) => contains(range, address));
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
  const synced = isTrue(status ?? undefined, "Synced");
  return record.types.map((type) => ({
    fqdn: fqdn(record),
    type,
    value: status?.published?.find((rrset) => rrset.type === type)?.values.join(" ") ?? null,
    synced,
  }));
}

/**
 * Returns the records of the config, each with the stored values of the same name and type. A record that is only
 * planned by now (`dryRun`) is not synced, because the operator no longer keeps it correct.
 */
export function storedRecords(
  records: readonly { readonly config: DnsRecordConfig; readonly dryRun: boolean }[],
  stored: StackOutputs["records"],
): StackOutputs["records"] {
  return records
    .flatMap(({ config, dryRun }) => recordOutputs(config, null).map((record) => ({ record, dryRun })))
    .map(({ record, dryRun }) => {
      const last = stored.find(({ fqdn, type }) => fqdn === record.fqdn && type === record.type);
      return last === undefined ? record : { ...record, value: last.value, synced: last.synced && !dryRun };
    });
}

/** Returns the pools of the config, each with the stored values of the same name. */
export function storedPools(pools: readonly PoolConfig[], stored: StackOutputs["pools"]): StackOutputs["pools"] {
  return pools.map((pool) => {
    const last = stored.find(({ name }) => name === pool.name);
    const { assigned = null, available = null } = last ?? {};
    return { ...poolOutput(pool, null), assigned, available };
  });
}

type PoolConfig = {
  readonly name: string;
  readonly addresses: readonly { readonly canonical: string }[];
  readonly capacity: bigint;
};

export function poolOutput(
  pool: PoolConfig,
  // MetalLB before 0.15 does not count, and empties a status that a newer version has written.
  status: Partial<IPAddressPoolStatus> | null,
): PoolOutput {
  return {
    name: pool.name,
    addresses: pool.addresses.map(({ canonical }) => canonical),
    capacity: Number(pool.capacity),
    assigned: sum(status?.assignedIPv4, status?.assignedIPv6),
    available: sum(status?.availableIPv4, status?.availableIPv6),
  };
}

function sum(ipv4: number | undefined, ipv6: number | undefined): number | null {
  return ipv4 === undefined || ipv6 === undefined ? null : ipv4 + ipv6;
}
