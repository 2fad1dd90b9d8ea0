/** The tests that the doctor runs itself, from where it runs. */
import { failedRead, loadBalancerIps, type Node, type Read } from "@esddns/common/cluster";
import { systemClock } from "../../runtime/clock.ts";
import { dnsAuthority } from "../../records/authority.ts";
import { verify } from "../../records/verify.ts";
import type { Facts } from "./facts.ts";
import { addressesIn } from "./ranges.ts";

const PAGE_TIMEOUT_MS = 5_000;
/** At most this many addresses of the pools are asked for by ARP. */
const MAX_ADDRESSES = 256;

export async function askPage(svc: Facts["service"]): Promise<Read<number>> {
  const [ip] = svc.read ? loadBalancerIps(svc.value) : [];
  if (ip === undefined) return failedRead("the page has no address to be asked at");
  const url = `http://${ip.includes(":") ? `[${ip}]` : ip}/`;
  try {
    const answer = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(PAGE_TIMEOUT_MS) });
    await answer.body?.cancel();
    return { read: true, value: answer.status };
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name;
    return failedRead(`${url} does not answer from here (${cause})`);
  }
}

/** Asks the name servers of each record's zone, from this machine, for the published values. */
export async function askAuthorities(records: Facts["records"]): Promise<Facts["answers"]> {
  if (!records.read) return records;
  const { signal } = new AbortController();
  const means = { authority: dnsAuthority, mayContact: () => ({ plausible: true }) as const, clock: systemClock };
  const verdicts = records.value.flatMap(({ metadata, spec, status }) =>
    status?.fqdn === undefined || status.published === undefined
      ? []
      : [
          verify({ zone: spec.zone, fqdn: status.fqdn, published: status.published }, means, signal).then(
            (verdict) => [metadata.name, verdict] as const,
          ),
        ],
  );
  return { read: true, value: new Map(await Promise.all(verdicts)) };
}

/** Returns the addresses to ask for by ARP: the page's, the nodes', and those that MetalLB has not assigned yet. */
export function lanAddresses({
  nodes,
  pools,
  service: svc,
  taken,
}: Pick<Facts, "nodes" | "pools" | "service" | "taken">) {
  const page = svc.read ? loadBalancerIps(svc.value) : [];
  const ofNodes = nodes.read ? nodes.value.flatMap(nodeAddresses) : [];
  return [...new Set([...page, ...ofNodes, ...freeAddresses({ pools, taken })])];
}

/** Returns the addresses of the pools that no Service has. */
export function freeAddresses({ pools, taken }: Pick<Facts, "pools" | "taken">): string[] {
  if (!pools.read || !taken.read) return [];
  const given = new Set(taken.value);
  const all = pools.value.flatMap(({ spec }) => spec.addresses.flatMap((range) => addressesIn(range, MAX_ADDRESSES)));
  return all.slice(0, MAX_ADDRESSES).filter((address) => !given.has(address));
}

export function nodeAddresses({ status }: Node): string[] {
  return status.addresses.flatMap(({ type, address }) => (type === "InternalIP" ? [address] : []));
}
