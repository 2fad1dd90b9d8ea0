/** Checks whether a deployed stack works, by its objects and its page. */
import { conditionOf, conditions, listOf, loadBalancerIps, service } from "@esddns/common/cluster";
import { z } from "zod";
import { dnsRecordsPath, wanPath } from "../../kubernetes/resourcePaths.ts";
import type { Cluster } from "../../kubernetes/cluster.ts";

const wanAddress = z.object({
  status: z.object({ ipv4: z.string().optional(), ipv6Prefix: z.string().optional(), conditions }).prefault({}),
});
const dnsRecord = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ dryRun: z.boolean().default(false) }),
  status: z.object({ conditions }).prefault({}),
});

/** The objects of a deployed stack. Undefined if one does not exist. */
export interface Live {
  readonly ips: readonly string[];
  /** The answer of the page: an HTTP status, or why it did not answer. */
  readonly page: { readonly url: string; readonly answer: number | string } | undefined;
  readonly wan: z.output<typeof wanAddress>["status"] | undefined;
  readonly records: z.output<typeof dnsRecord>[];
}

export interface Check {
  readonly well: boolean;
  readonly text: string;
}

/**
 * Reads the objects and asks the page.
 * @throws Error if the cluster does not answer.
 */
export async function readLive(cluster: Cluster, namespace: string, pageService: string): Promise<Live> {
  const [svc, wan, records] = await Promise.all([
    cluster.get(`/api/v1/namespaces/${namespace}/services/${pageService}`, service),
    cluster.get(`${wanPath(namespace)}/wan`, wanAddress),
    cluster.get(dnsRecordsPath(namespace), listOf(dnsRecord)),
  ]);
  for (const read of [svc, wan, records]) if (!read.read && read.reason !== "NotFound") throw new Error(read.why);
  const ips = svc.read ? loadBalancerIps(svc.value) : [];
  const [ip] = [...ips].sort((a, b) => Number(a.includes(":")) - Number(b.includes(":")));
  const url = ip === undefined ? undefined : `http://${ip.includes(":") ? `[${ip}]` : ip}/`;
  return {
    ips,
    page: url === undefined ? undefined : { url, answer: await ask(url) },
    wan: wan.read ? wan.value.status : undefined,
    records: records.read ? records.value.items : [],
  };
}

/** Returns one line each for the page, the WAN address and every record. Pure. */
export function evaluateLive({ page, wan, records }: Live): readonly Check[] {
  return [pageCheck(page), wanCheck(wan), ...records.map(recordCheck)];
}

function pageCheck(page: Live["page"]): Check {
  if (page === undefined) return { well: false, text: "The page has no address yet" };
  const well = page.answer === 200;
  return { well, text: well ? `The page answers at ${page.url}` : `The page at ${page.url} does not: ${page.answer}` };
}

function wanCheck(wan: Live["wan"]): Check {
  const known = [wan?.ipv4, wan?.ipv6Prefix].filter((each) => each !== undefined);
  const ready = conditionOf(wan, "Ready");
  if (known.length > 0 && ready?.status === "True")
    return { well: true, text: `The WAN address is ${known.join(", ")}` };
  return { well: false, text: `The WAN address is not known yet${because(ready)}` };
}

function recordCheck({ metadata: { name }, spec, status }: Live["records"][number]): Check {
  if (spec.dryRun) return { well: true, text: `The record ${name} is only planned (dryRun)` };
  const synced = conditionOf(status, "Synced");
  if (synced?.status === "True") return { well: true, text: `The record ${name} is in step with Gandi` };
  return { well: false, text: `The record ${name} is not in step with Gandi${because(synced)}` };
}

function because(found: { readonly message: string; readonly reason: string } | undefined): string {
  const why = found && (found.message || found.reason);
  return why ? `: ${why}` : "";
}

async function ask(url: string): Promise<number | string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return cause instanceof Error ? cause.message : String(cause);
  }
}
