/** The lab's BGP router: bird in the home router's network, peering with MetalLB's speakers on the nodes. */
import { join } from "node:path";
import { kubectl } from "../../cluster/kubectl.ts";
import { LabError } from "../../errors.ts";
import { configured } from "../../internet/configured.ts";
import { put } from "../../internet/files.ts";
import { stateDir } from "../../paths.ts";
import { ensureRunning, recordedServices, stop } from "../../machine/processes.ts";
import { onHost, run } from "../../machine/run.ts";
import type { Service } from "../../machine/service.ts";
import { clusterNodes } from "../../settings.ts";
import type { Step } from "../../machine/steps.ts";
import { lan, namespaceOf } from "../../topology.ts";
import { PEER, renderBird, sessionStates } from "./config.ts";

const NAME = "bird";
const dir = join(stateDir, "bgp");
/** What `birdc -s` is told to speak with the router. */
export const birdSocket = join(dir, "bird.ctl");
const files = { config: join(dir, "bird.conf"), pid: join(dir, "bird.pid") } as const;

/** MetalLB waits longer after each failure, and it has called in vain while the stack was being deployed. */
const SESSIONS_SECONDS = 90;

/** Needs the stack, which makes the session's password; resolves once every node has a session and something is announced. */
export async function connectRouter(step: Step): Promise<void> {
  await put(files.config, renderBird(await sessionPassword(), await clusterNodes()), 0o600);
  await ensureRunning([await configured(bird(), [files.config])], step);
  const { sessions, routes } = await routerState();
  step.progress(`connected: ${sessions.map(({ node }) => node).join(" and ")}; routes: ${routes.join(", ")}`);
}

/** Also of what a killed router has left in the kernel. */
export async function disconnectRouter(): Promise<void> {
  await stop(NAME);
  await run(["ip", "-n", namespaceOf(lan.router.name), "route", "flush", "proto", "bird"]);
}

function bird(): Service {
  return {
    name: NAME,
    host: lan.router.name,
    command: ["/usr/sbin/bird", "-f", "-c", files.config, "-s", birdSocket, "-P", files.pid],
    ready: async () => {
      const { sessions, routes } = await routerState();
      const open = sessions.filter(({ state }) => state !== "Established");
      if (open.length > 0) throw new Error(open.map(({ node, state }) => `${node} is ${state}`).join(", "));
      if (routes.length === 0) throw new Error("no route is announced");
    },
    readySeconds: SESSIONS_SECONDS,
  };
}

/** The one that the stack has made: MetalLB reads it from the same Secret. */
async function sessionPassword(): Promise<string> {
  const secret = ["get", "secret", `${PEER}-password`, "--namespace", "metallb-system"];
  const encoded = await kubectl(...secret, "--output", "jsonpath={.data.password}").catch((cause: unknown) => {
    throw new LabError("The stack has made no password for the BGP session.", { cause, hint: "npm run lab" });
  });
  return Buffer.from(encoded, "base64").toString();
}

export interface RouterState {
  readonly sessions: readonly { readonly node: string; readonly state: string }[];
  /** `192.168.1.100 via 192.168.1.11, 192.168.1.12`: what the kernel has of it. */
  readonly routes: readonly string[];
}

export async function routerState(): Promise<RouterState> {
  const running = recordedServices().some(({ name, process }) => name === NAME && process !== undefined);
  const birdc = ["birdc", "-r", "-s", birdSocket, "show", "protocols"] as const;
  const states = sessionStates(running ? await run(birdc, { timeoutMs: 5_000 }).catch(() => "") : "");
  const shown = await run(onHost(lan.router.name, ["ip", "-j", "route", "show", "proto", "bird"])).catch(() => "[]");
  return {
    sessions: (await clusterNodes()).map(({ name }) => ({ node: name, state: states.get(name) ?? "not there" })),
    routes: (JSON.parse(shown) as KernelRoute[]).map(({ dst, gateway, nexthops = [] }) => {
      const ways = [gateway, ...nexthops.map((hop) => hop.gateway)].filter((way) => way !== undefined);
      return `${dst} via ${ways.join(" and ")}`;
    }),
  };
}

interface KernelRoute {
  readonly dst: string;
  readonly gateway?: string;
  readonly nexthops?: readonly { readonly gateway?: string }[];
}
