/**
 * Puts everything together: `operator` on every node, `status` for the page, and `doctor`, which runs once in an
 * existing pod.
 */
import { readFile } from "node:fs/promises";
import { LEASE_NAME, PAGE_SERVICE_NAME, WAN_ADDRESS_NAME } from "@esddns/common/api";
import { systemClock } from "./runtime/clock.ts";
import { Stores } from "./snapshot/stores.ts";
import { type OperatorConfig, parseConfig, type ServingConfig, type StatusConfig } from "./config.ts";
import { doctorInPod } from "./doctor/inPod.ts";
import { EsddnsError } from "./runtime/errors.ts";
import { RateBudget } from "./gandi/budget.ts";
import { LiveDns } from "./gandi/livedns.ts";
import { tokenFile } from "./gandi/token.ts";
import { KubeClient } from "./kube/client.ts";
import { eventRecorder } from "./kube/events.ts";
import { externalIpsOf } from "./kube/externalIps.ts";
import { runLease, type Term } from "./kube/lease.ts";
import { inClusterServer } from "./kube/server.ts";
import { createLogger, type Logger } from "./runtime/log.ts";
import { loadChannels } from "./notify/load.ts";
import { Notifier } from "./notify/notifier.ts";
import { httpPost } from "./notify/post.ts";
import { NodeObserver } from "./observe/nodeObserver.ts";
import { RoundRequests } from "./push/requests.ts";
import { dnsAuthority } from "./records/authority.ts";
import { Health } from "./runtime/health.ts";
import { serviceDomainsIn, servesHost } from "./server/hosts.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import { healthRoutes, statusRoutes } from "./routes.ts";
import { type Actions, StatusServer } from "./server/server.ts";
import { ClusterViewReader } from "./snapshot/clusterView.ts";
import { VERSION } from "./runtime/version.ts";
import { httpsGet } from "./sources/httpsGet.ts";
import { StunLists } from "./sources/lists.ts";
import { ownAddress } from "./sources/nodeAddresses.ts";
import { defaultRoundDeps } from "./observe/round.ts";
import { Writer } from "./writer/writer.ts";

const clock = systemClock;
const random = Math.random;

/** One request to Gandi, milliseconds. Well below the remaining time of a lease of 15 s that is renewed every 2 s. */
const GANDI_TIMEOUTS = { headersMs: 5_000, bodyMs: 3_000, totalMs: 7_000 };
/** A loop without a step for longer than this is stuck. Milliseconds. */
const LEASE_LIMIT_MS = 60_000;
const PUBLISHER_LIMIT_MS = 120_000;
const CLUSTER_VIEW_LIMIT_MS = 120_000;
/** After the signal to stop, milliseconds. The kubelet kills the pod after 30 s. */
const STOP_DEADLINE_MS = 10_000;

interface Common {
  readonly client: KubeClient;
  readonly health: Health;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * The parts of a command: the source of what every pod serves, the loops that end when the signal aborts, and the
 * cleanup.
 */
interface Parts {
  readonly stores: Stores;
  readonly metrics: Metrics;
  readonly loops: readonly Promise<void>[];
  readonly push?: { readonly port: number; readonly actions: Actions };
  readonly clusterView?: ClusterViewReader;
  close(): Promise<void>;
}

void start();

/** A function, because the program is bundled as CommonJS, which has no top-level await. */
async function start(): Promise<void> {
  const parsed = parseConfig(process.argv.slice(2), process.env);
  if (!parsed.ok) {
    process.stderr.write(parsed.problems.map((problem) => `esddns: ${problem}\n`).join(""));
    process.exitCode = 2;
  } else if (parsed.config.command === "doctor") {
    process.exitCode = await doctorInPod(parsed.config);
  } else {
    await main(parsed.config);
  }
}

async function main(config: ServingConfig): Promise<void> {
  const log = createLogger(config.logLevel);
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.once(name, () => {
      log.info({ signal: name }, "stopping");
      stop.abort();
    });
  }
  stop.signal.addEventListener("abort", () => {
    setTimeout(() => {
      log.error({}, "not stopped in time");
      process.exit(1);
    }, STOP_DEADLINE_MS).unref();
  });
  try {
    await run(config, stop, log);
    log.info({}, "stopped");
  } catch (error) {
    log.error({ err: error }, "failed");
    process.exitCode = 1;
    stop.abort();
  }
}

async function run(config: ServingConfig, stop: AbortController, log: Logger): Promise<void> {
  log.info({ command: config.command, version: VERSION, node: process.version, pod: config.podName }, "starting");
  const client = new KubeClient(await inClusterServer(config.kube, clock));
  const health = new Health(clock);
  const common = { client, health, log, signal: stop.signal };
  const parts = config.command === "operator" ? await operator(config, common) : status(config, common);
  const { stores, metrics, clusterView, push } = parts;
  const { gandiTokenExpires } = config;
  const snapshot = () => ({
    ...stores.snapshot(),
    gandiTokenExpires,
    ...(clusterView === undefined ? {} : { clusterView: clusterView.current() }),
  });
  const serves = servesHost({
    names: [...config.hosts, PAGE_SERVICE_NAME, `${PAGE_SERVICE_NAME}.${config.namespace}`],
    serviceDomains: serviceDomainsIn(await readFile("/etc/resolv.conf", "utf8").catch(() => "")),
    records: () => stores.records.items(),
  });
  // Each has its own connections: a client that uses up those of the page or the push address does not block the
  // kubelet.
  const servers = [
    {
      port: config.httpPort,
      server: new StatusServer(statusRoutes({ snapshot, health, metrics }), clock, log, { serves }),
    },
    { port: config.healthPort, server: new StatusServer(healthRoutes(health), clock, log) },
    ...(push === undefined
      ? []
      : [{ port: push.port, server: new StatusServer({}, clock, log, { actions: push.actions }) }]),
  ];
  try {
    const ports = await Promise.all(servers.map(({ server, port }) => server.listen(port)));
    log.info({ ports }, "serving");
    await Promise.all(parts.loops);
  } finally {
    stop.abort();
    // The loops that have not failed end by the abort. Nothing may be written after the connections are closed.
    await Promise.allSettled(parts.loops);
    await Promise.all([...servers.map(({ server }) => server.close()), parts.close()]);
    client.close();
  }
}

/** `operator`: observes on every node. The node that holds the lease also decides and writes DNS. */
async function operator(config: OperatorConfig, common: Common): Promise<Parts> {
  const { client, health, log, signal } = common;
  const { namespace, nodeName } = config;
  const stores = new Stores({
    client,
    namespace,
    clock,
    random,
    log,
    health,
    onWan: (_name, object) => {
      observer.wanChanged(object);
      requests.wanChanged(object);
      notifier.changed();
      writer.decisionMayChange();
    },
    onObservation: (name, object) => {
      observer.observationChanged(name, object);
      writer.decisionMayChange();
    },
    onRecord: (name, object) => {
      writer.recordChanged(name, object);
      notifier.changed();
    },
  });
  const { gandiTokenExpires } = config;
  const metrics = createMetrics({
    role: "operator",
    version: VERSION,
    snapshot: () => ({ ...stores.snapshot(), gandiTokenExpires }),
    healthy: () => health.live().ok,
    gandiBudgetLeft: () => livedns.budgetLeft(),
  });
  client.onRequest = (...request) => {
    metrics.kubernetesRequest(...request);
  };
  const gandiToken = tokenFile(config.gandiTokenFile);
  const livedns = new LiveDns({
    baseUrl: config.gandiUrl,
    token: gandiToken,
    timeouts: GANDI_TIMEOUTS,
    budget: new RateBudget(clock, { limit: config.gandiRequestsPerMinute }),
    clock,
    log: log.child({ part: "gandi" }),
    onRequest: (...request) => {
      metrics.gandiRequest(...request);
    },
  });
  const events = eventRecorder({ client, instance: config.podName, clock, log, signal });
  const roundDeps = { ...defaultRoundDeps(log.child({ part: "wan" })), clock, random };
  const lists = new StunLists({ ...roundDeps, get: httpsGet });
  const observer = new NodeObserver({
    client,
    namespace,
    nodeName,
    deps: {
      ...roundDeps,
      listed: (spec) => lists.servers(spec),
      node: { name: nodeName, externalIps: externalIpsOf(client, nodeName), ownAddress },
    },
    metrics,
    onRound: health.loop("rounds", () => roundLimitMs(stores)),
    onPublisherStep: health.loop("observation", PUBLISHER_LIMIT_MS),
  });
  const writer = new Writer({
    client,
    namespace,
    wan: stores.wan,
    observations: stores.observations,
    records: stores.records,
    livedns,
    authority: dnsAuthority,
    gandiToken,
    gandiTokenExpires,
    gandiTimeoutMs: GANDI_TIMEOUTS.totalMs,
    events,
    metrics,
    health,
    clock,
    random,
    log: log.child({ part: "writer" }),
  });
  const requests = new RoundRequests({
    token: config.pushTokenFile === undefined ? undefined : await readToken(config.pushTokenFile),
    start: () => {
      observer.lookNow();
    },
    clock,
    log: log.child({ part: "push" }),
  });
  const { post, close: closePost } = httpPost();
  const notifier = new Notifier({
    channels: await loadChannels(config.notifyFile, log),
    namespace,
    wan: stores.wan,
    records: stores.records,
    post,
    clock,
    random,
    log: log.child({ part: "notify" }),
  });
  const lead = async (term: Term): Promise<void> => {
    await Promise.all([writer.lead(term), notifier.lead(term)]);
  };
  const lease = {
    client,
    namespace,
    name: LEASE_NAME,
    identity: config.podName,
    clock,
    random,
    log,
    onAlive: health.loop("lease", LEASE_LIMIT_MS),
  };
  return {
    stores,
    metrics,
    loops: [
      stores.run(signal),
      observer.run(signal),
      lists.run(() => stores.wan.get(WAN_ADDRESS_NAME)?.spec, signal),
      runLease(lease, lead, signal),
      notifier.run(signal),
    ],
    ...(config.pushTokenFile === undefined
      ? {}
      : { push: { port: config.pushPort, actions: { "/probe": (authorization) => requests.post(authorization) } } }),
    close: async () => {
      await events.idle();
      livedns.close();
      closePost();
    },
  };
}

/** `status`: serves the page from the objects in the cluster. */
function status(config: StatusConfig, { client, health, log, signal }: Common): Parts {
  const { namespace, metallbNamespace, pools } = config;
  const stores = new Stores({ client, namespace, clock, random, log, health });
  const onAlive = health.loop("reads of MetalLB", CLUSTER_VIEW_LIMIT_MS);
  const clusterView = new ClusterViewReader({ client, namespace, metallbNamespace, pools, clock, onAlive });
  const { gandiTokenExpires } = config;
  const metrics = createMetrics({
    role: "status",
    version: VERSION,
    snapshot: () => ({ ...stores.snapshot(), gandiTokenExpires, clusterView: clusterView.current() }),
    healthy: () => health.live().ok,
  });
  const loops = [stores.run(signal), clusterView.run(signal)];
  return { stores, metrics, loops, clusterView, close: () => Promise.resolve() };
}

/**
 * Reads a token from a mounted Secret. Without one the pod does not start. Otherwise it would silently refuse all
 * requests.
 */
async function readToken(path: string): Promise<string> {
  const token = (await readFile(path, "utf8")).trim();
  if (token === "")
    throw new EsddnsError("ESDDNS_PUSH_TOKEN", `${path} is empty; it must hold the token of POST /probe`);
  return token;
}

/** Full rounds come every interval, plus or minus a tenth. Without settings there are none, and nothing is wrong. */
function roundLimitMs(stores: Stores): number {
  const spec = stores.wan.get(WAN_ADDRESS_NAME)?.spec;
  return spec === undefined ? Infinity : 3 * spec.intervalSeconds * 1000;
}
