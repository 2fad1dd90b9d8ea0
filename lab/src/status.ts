/** Reports which parts of the lab run, and their addresses. */
import { existsSync } from "node:fs";
import { routerState } from "./routers/bgp/router.ts";
import { adminKubeconfig } from "./cluster/kubeconfig.ts";
import { kubectl } from "./cluster/kubectl.ts";
import { messageOf } from "./errors.ts";
import { hostNames, nodes as possible } from "./network/hosts.ts";
import { namespaceMounts } from "./machine/mounts.ts";
import { stateDir } from "./paths.ts";
import { recordedServices } from "./machine/processes.ts";
import { clusterNodes, readSettings } from "./settings.ts";
import { lan, namespaceOf, type Host } from "./topology.ts";
import { troublesOn } from "./trouble/index.ts";
import { readWan } from "./network/wan.ts";

export interface Status {
  readonly lines: readonly string[];
  readonly healthy: boolean;
}

export async function labStatus(): Promise<Status> {
  if (!existsSync(stateDir)) return { lines: ["The lab is not up. Start it: npm run lab"], healthy: false };
  const nodes = await clusterNodes();
  const parts = [
    network(),
    processes(),
    ...(existsSync(adminKubeconfig) ? await cluster(nodes) : []),
    ...((await readSettings()).bgp ? [await bgp()] : []),
  ];
  const [wan, troubles] = [await readWan(), await troublesOn()];
  return {
    healthy: parts.every(({ problems }) => problems.length === 0),
    lines: [
      ...parts.flatMap(partLines),
      ...(troubles.length === 0 ? [] : [`Troubles:   ${troubles.join(", ")} (all off: npm run lab -- trouble off)`]),
      `WAN:        ${wan.ipv4}, ${wan.prefix}`,
      `LAN:        ${[...nodes, lan.client, lan.router].map((host) => `${host.name} ${host.ipv4}`).join(", ")}`,
    ],
  };
}

interface Part {
  readonly title: string;
  readonly text: string;
  readonly problems: readonly string[];
}

function partLines({ title, text, problems }: Part): string[] {
  return [`${`${title}:`.padEnd(12)}${text}`, ...problems.map((problem) => `  ✗ ${problem}`)];
}

/** Returns the sessions and routes of the router, whether it should have any or not. */
export async function bgpLines(): Promise<string[]> {
  return (await readSettings()).bgp ? partLines(await bgp()) : ["BGP:        off. Switch it on: npm run lab -- bgp on"];
}

async function bgp(): Promise<Part> {
  const { sessions, routes } = await routerState();
  const open = sessions.filter(({ state }) => state !== "Established");
  return {
    title: "BGP",
    text: `${sessions.length - open.length} of ${sessions.length} sessions; ${routes.join(", ") || "no route"}`,
    problems: open.map(({ node, state }) => `the session with ${node} is ${state}: npm run lab -- logs bird`),
  };
}

function network(): Part {
  const mounted = namespaceMounts();
  const missing = hostNames.filter((host) => !mounted.has(namespaceOf(host)));
  return {
    title: "Network",
    text: `${hostNames.length - missing.length} of ${hostNames.length} namespaces`,
    problems: missing.map((host) => `${host} has no network namespace`),
  };
}

function processes(): Part {
  const services = recordedServices();
  const ended = services.filter(({ process }) => process === undefined);
  return {
    title: "Processes",
    text: `${services.length - ended.length} of ${services.length} run`,
    problems: ended.map(({ name, host }) => `${name} on ${host} has ended: npm run lab -- logs ${name}`),
  };
}

async function cluster(nodes: readonly Host[]): Promise<Part[]> {
  try {
    const [nodeList, podList] = await Promise.all([
      list(kubectl("get", "nodes", "-o", "json")),
      list(kubectl("get", "pods", "-A", "-o", "json")),
    ]);
    const unready = (items: readonly KubeObject[]) => items.filter((item) => !isReady(item));
    const more = nodes.length < possible.length ? ` (more: npm run lab -- --nodes ${possible.length})` : "";
    const missing = nodes.filter(({ name }) => !nodeList.some(({ metadata }) => metadata.name === name));
    return [
      {
        title: "Nodes",
        text: `${nodeList.length - unready(nodeList).length} of ${nodes.length} are Ready${more}`,
        problems: [
          ...missing.map(({ name }) => `${name} is not there`),
          ...unready(nodeList).map(
            ({ metadata }) => `${metadata.name}: npm run lab -- kubectl describe node ${metadata.name}`,
          ),
        ],
      },
      {
        title: "Pods",
        text: `${podList.length - unready(podList).length} of ${podList.length} are ready`,
        problems: unready(podList).map(({ metadata: { namespace = "", name } }) => {
          return `${namespace}/${name}: npm run lab -- kubectl -n ${namespace} describe pod ${name}`;
        }),
      },
    ];
  } catch (error) {
    return [{ title: "Cluster", text: "does not answer", problems: [messageOf(error)] }];
  }
}

interface KubeObject {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

async function list(json: Promise<string>): Promise<readonly KubeObject[]> {
  return (JSON.parse(await json) as { items: KubeObject[] }).items;
}

/** Reports whether a pod is ready. A pod that has completed its work counts as ready. */
function isReady({ status }: KubeObject): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return status?.phase === "Succeeded" || ready?.status === "True";
}
