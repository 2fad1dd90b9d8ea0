/** The one place where everything is put together: `node main.ts operator` on every node, `node main.ts status`. */
import { LEASE_NAME, WAN_ADDRESS_NAME } from "./api/index.ts";
import { systemClock } from "./clock.ts";
import { Cluster } from "./cluster.ts";
import { type Config, type OperatorConfig, parseConfig } from "./config.ts";
import { LiveDns } from "./gandi/livedns.ts";
import { tokenFile } from "./gandi/token.ts";
import { KubeClient } from "./kube/client.ts";
import { eventRecorder } from "./kube/events.ts";
import { runLease } from "./kube/lease.ts";
import { inClusterServer } from "./kube/server.ts";
import { createLogger, type Logger } from "./log.ts";
import { NodeObserver } from "./observerLoop.ts";
import { Health } from "./status/health.ts";
import { createMetrics, type Metrics } from "./status/metrics.ts";
import { statusRoutes } from "./status/routes.ts";
import { StatusServer } from "./status/server.ts";
import { VERSION } from "./version.ts";
import { defaultRoundDeps } from "./wan/round.ts";
import { Writer } from "./writer/writer.ts";

const clock = systemClock;
const random = Math.random;

/** One request to Gandi, milliseconds: well below what is left of a lease of 15 s that is renewed every 2 s. */
const GANDI_TIMEOUTS = { headersMs: 5_000, bodyMs: 3_000, totalMs: 7_000 };
/** A loop without a step for longer than this is stuck, milliseconds. */
const LEASE_LIMIT_MS = 60_000;
const PUBLISHER_LIMIT_MS = 120_000;
/** After the signal to stop. The kubelet kills after 30 s; what is not done by now never will be. */
const STOP_DEADLINE_MS = 10_000;

interface Common {
  readonly client: KubeClient;
  readonly health: Health;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** A command's parts: what every pod serves from, the loops that end when the signal aborts, and what comes after. */
interface Parts {
  readonly cluster: Cluster;
  readonly metrics: Metrics;
  readonly loops: readonly Promise<void>[];
  close(): Promise<void>;
}

const parsed = parseConfig(process.argv.slice(2), process.env);
if (parsed.ok) {
  await main(parsed.config);
} else {
  process.stderr.write(parsed.problems.map((problem) => `esddns: ${problem}\n`).join(""));
  process.exitCode = 2;
}

async function main(config: Config): Promise<void> {
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

async function run(config: Config, stop: AbortController, log: Logger): Promise<void> {
  log.info({ command: config.command, version: VERSION, node: process.version, pod: config.podName }, "starting");
  const client = new KubeClient(await inClusterServer(config.kube, clock));
  const health = new Health(clock);
  const common = { client, health, log, signal: stop.signal };
  const parts = config.command === "operator" ? operator(config, common) : status(config, common);
  const { cluster, metrics } = parts;
  const server = new StatusServer(statusRoutes({ snapshot: () => cluster.snapshot(), health, metrics }), clock, log);
  try {
    const port = await server.listen(config.httpPort);
    log.info({ port }, "serving");
    await Promise.all(parts.loops);
  } finally {
    stop.abort();
    // The loops that have not failed end by the abort; nothing may be written after the connections are closed.
    await Promise.allSettled(parts.loops);
    await Promise.all([server.close(), parts.close()]);
    await client.close();
  }
}

/** `operator`: observes on every node; one of them, the holder of the lease, also decides and writes DNS. */
function operator(config: OperatorConfig, common: Common): Parts {
  const { client, health, log, signal } = common;
  const { namespace, nodeName } = config;
  const cluster = new Cluster({
    client,
    namespace,
    clock,
    random,
    log,
    health,
    onWan: (_name, object) => {
      observer.wanChanged(object);
      writer.decisionMayChange();
    },
    onObservation: (name, object) => {
      observer.observationChanged(name, object);
      writer.decisionMayChange();
    },
    onRecord: (name, object) => {
      writer.recordChanged(name, object);
    },
  });
  const metrics = metricsOf("operator", cluster, health);
  const livedns = new LiveDns({
    baseUrl: config.gandiUrl,
    token: tokenFile(config.gandiTokenFile),
    timeouts: GANDI_TIMEOUTS,
    clock,
    log: log.child({ part: "gandi" }),
  });
  const events = eventRecorder({ client, instance: config.podName, clock, log, signal });
  const observer = new NodeObserver({
    client,
    namespace,
    nodeName,
    deps: { ...defaultRoundDeps(log.child({ part: "wan" })), clock, random },
    metrics,
    onRound: health.loop("rounds", () => roundLimitMs(cluster)),
    onPublisherStep: health.loop("observation", PUBLISHER_LIMIT_MS),
  });
  const writer = new Writer({
    client,
    namespace,
    wan: cluster.wan,
    observations: cluster.observations,
    records: cluster.records,
    livedns,
    gandiTimeoutMs: GANDI_TIMEOUTS.totalMs,
    events,
    metrics,
    health,
    clock,
    random,
    log: log.child({ part: "writer" }),
  });
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
    cluster,
    metrics,
    loops: [cluster.run(signal), observer.run(signal), runLease(lease, (term) => writer.lead(term), signal)],
    close: async () => {
      await events.idle();
      await livedns.close();
    },
  };
}

/** `status`: the page, from what the cluster says. */
function status(config: Config, { client, health, log, signal }: Common): Parts {
  const cluster = new Cluster({ client, namespace: config.namespace, clock, random, log, health });
  const metrics = metricsOf("status", cluster, health);
  return { cluster, metrics, loops: [cluster.run(signal)], close: () => Promise.resolve() };
}

function metricsOf(role: Config["command"], cluster: Cluster, health: Health): Metrics {
  return createMetrics({
    role,
    version: VERSION,
    snapshot: () => cluster.snapshot(),
    healthy: () => health.live().ok,
  });
}

/** Full rounds come every interval, give or take a tenth. Without settings there are none, which is nobody's fault. */
function roundLimitMs(cluster: Cluster): number {
  const spec = cluster.wan.get(WAN_ADDRESS_NAME)?.spec;
  return spec === undefined ? Infinity : 3 * spec.intervalSeconds * 1000;
}
