/** Reads, for the checks: through kubectl, which knows every way to log in to a cluster. Nothing is ever written. */
import { execFile } from "node:child_process";
import { z } from "zod";
import { PAGE_SERVICE_NAME } from "../api/index.ts";
import { dnsRecords, type Resource, wanAddresses, wanObservations } from "../kube/resources.ts";
import type { KubeObject } from "../api/index.ts";
import {
  advertisement,
  anything,
  endpointSlice,
  type Facts,
  l2Status,
  node,
  pod,
  pool,
  type Read,
  service,
} from "./facts.ts";

/** The answer to a GET of that path of the API server. */
type Get = (path: string) => Promise<Read<string>>;

const TIMEOUT_MS = 15_000;
const PAGE_TIMEOUT_MS = 5_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** GET by `kubectl get --raw`; `program` is kubectl's name or path. */
export function kubectlGet(program: string): Get {
  return (path) =>
    new Promise((resolve) => {
      const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_BYTES };
      execFile(program, ["get", "--raw", path, "--request-timeout=10s"], options, (error, stdout, stderr) => {
        if (error === null) resolve({ read: true, value: stdout });
        else if (error.code === "ENOENT") resolve(failed(`${program} is not on the PATH; name it in KUBECTL`));
        else resolve(failed(/\S.*$/.exec(stderr.trimEnd())?.[0] ?? error.message));
      });
    });
}

/** Where the stack is: the namespaces that have a WanAddress. */
export async function namespaces(get: Get): Promise<Read<string[]>> {
  const read = await list(get, "/apis/esddns.io/v1alpha1/wanaddresses", anything);
  return read.read ? { read: true, value: read.value.flatMap(({ metadata }) => metadata.namespace ?? []) } : read;
}

/** Everything that the checks look at, read side by side. */
export async function readFacts(get: Get, namespace: string, now: number): Promise<Facts> {
  const environment = await environmentOf(get, namespace);
  const metallbNamespace = environment.get("ESDDNS_METALLB_NAMESPACE") ?? "metallb-system";
  const metallb = `/apis/metallb.io/v1beta1/namespaces/${metallbNamespace}`;
  const slices = `/apis/discovery.k8s.io/v1/namespaces/${metallbNamespace}/endpointslices`;
  const proxied = `/api/v1/namespaces/${namespace}/services/${PAGE_SERVICE_NAME}:80/proxy/healthz`;
  const [version, nodes, metallbPods, webhook, pools, l2, bgp, l2Statuses, ownPods, svc, pageThroughApi, own] =
    await Promise.all([
      one(get, "/version", z.object({ gitVersion: z.string() })),
      list(get, "/api/v1/nodes", node),
      list(get, `/api/v1/namespaces/${metallbNamespace}/pods?labelSelector=app.kubernetes.io%2Fname%3Dmetallb`, pod),
      list(get, `${slices}?labelSelector=kubernetes.io%2Fservice-name%3Dmetallb-webhook-service`, endpointSlice),
      list(get, `${metallb}/ipaddresspools`, pool),
      list(get, `${metallb}/l2advertisements`, advertisement),
      list(get, `${metallb}/bgpadvertisements`, advertisement),
      list(get, `${metallb}/servicel2statuses`, l2Status),
      list(get, `/api/v1/namespaces/${namespace}/pods`, pod),
      one(get, `/api/v1/namespaces/${namespace}/services/${PAGE_SERVICE_NAME}`, service),
      get(proxied),
      ownKinds(get, namespace),
    ]);
  return {
    namespace,
    metallbNamespace,
    now,
    version: version.read ? { read: true, value: version.value.gitVersion } : version,
    nodes,
    metallbPods,
    webhook,
    pools,
    l2Advertisements: l2,
    bgpAdvertisements: bgp,
    l2Statuses,
    ownPods,
    service: svc,
    page: await askPage(svc),
    pageThroughApi,
    ...own,
    tokenExpires: { read: true, value: environment.get("ESDDNS_GANDI_TOKEN_EXPIRES") },
  };
}

async function ownKinds(get: Get, namespace: string): Promise<Pick<Facts, "wan" | "observations" | "records">> {
  const group = `/apis/esddns.io/v1alpha1/namespaces/${namespace}`;
  const typed = async <T extends KubeObject>(resource: Resource<T>): Promise<Read<T[]>> => {
    const read = await list(get, `${group}/${resource.plural}`, z.unknown());
    if (!read.read) return read;
    const objects = read.value.flatMap((item) => {
      const parsed = resource.parse(item);
      return parsed.ok ? [parsed.value] : [];
    });
    return { read: true, value: objects };
  };
  const [wan, observations, records] = await Promise.all([
    typed(wanAddresses),
    typed(wanObservations),
    typed(dnsRecords),
  ]);
  const [first] = wan.read ? wan.value : [];
  return {
    wan:
      first === undefined ? failed(wan.read ? `no WanAddress in ${namespace}` : wan.why) : { read: true, value: first },
    observations,
    records,
  };
}

/** What the page's pods were told, by name of the variable. */
async function environmentOf(get: Get, namespace: string): Promise<Map<string, string>> {
  const variable = z.object({ name: z.string(), value: z.string().optional() });
  const container = z.object({ env: z.array(variable).default([]) });
  const schema = z.object({
    spec: z.object({ template: z.object({ spec: z.object({ containers: z.array(container) }) }) }),
  });
  const read = await one(get, `/apis/apps/v1/namespaces/${namespace}/deployments/${PAGE_SERVICE_NAME}`, schema);
  const variables = read.read ? read.value.spec.template.spec.containers.flatMap(({ env }) => env) : [];
  return new Map(variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])));
}

async function askPage(svc: Facts["service"]): Promise<Read<number>> {
  const ip = svc.read ? svc.value.status.loadBalancer.ingress[0]?.ip : undefined;
  if (ip === undefined) return failed("the page has no address to be asked at");
  const url = `http://${ip.includes(":") ? `[${ip}]` : ip}/`;
  try {
    const answer = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(PAGE_TIMEOUT_MS) });
    await answer.body?.cancel();
    return { read: true, value: answer.status };
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name;
    return failed(`${url} does not answer this machine (${cause})`);
  }
}

async function one<S extends z.ZodType>(get: Get, path: string, schema: S): Promise<Read<z.output<S>>> {
  const answer = await get(path);
  if (!answer.read) return answer;
  try {
    return { read: true, value: schema.parse(JSON.parse(answer.value)) };
  } catch {
    return failed(`${path} answers with something else than expected`);
  }
}

async function list<S extends z.ZodType>(get: Get, path: string, schema: S): Promise<Read<z.output<S>[]>> {
  const read = await one(get, path, z.object({ items: z.array(schema).nullish() }));
  return read.read ? { read: true, value: read.value.items ?? [] } : read;
}

function failed(why: string): { read: false; why: string } {
  return { read: false, why };
}
