/** Runs Prometheus on the lab. It finds pods by their annotations, and has the alerts that the stacks deploy. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { kubectl } from "../cluster/kubectl.ts";
import { stateDir } from "../paths.ts";
import { onHost, run, type Argv } from "../machine/run.ts";
import { moduleDir } from "../toolchain/toolchain.ts";
import { lan } from "../topology.ts";

const MODULE = "prometheus-operator";
const KINDS = ["podmonitors", "servicemonitors", "prometheusrules"];
const dir = join(stateDir, "prometheus");
const podsFile = join(dir, "pods.json");
const LOOK_MS = 1_000;

/** Only a node can reach the pods' own network. */
export const prometheusHost = lan.node1;
export const prometheusUrl = `http://${prometheusHost.ipv4}:9090`;

/**
 * Installs the Prometheus operator's kinds, so that stacks can deploy their rules. No controller in the lab acts on
 * them.
 */
export async function ensureMonitoringKinds(): Promise<void> {
  const folder = join(await moduleDir(MODULE, `github.com/${MODULE}/${MODULE}`), "example", "prometheus-operator-crd");
  const files = KINDS.map((kind) => `--filename=${join(folder, `monitoring.coreos.com_${kind}.yaml`)}`);
  await kubectl("apply", "--server-side", ...files);
}

/**
 * Runs a Prometheus without earlier data, with the rules as they are deployed at this moment, until it or this process
 * ends. Rejects with a LabError when it cannot run.
 *
 * @param lasting how long each alert's condition must hold, instead of its own time, for tests that cannot wait
 * @param say called with each line that it prints
 */
export async function runPrometheus(lasting: string | undefined, say: (line: string) => void): Promise<void> {
  const argv = await prometheusCommand(lasting);
  const over = new AbortController();
  const running = run(onHost(prometheusHost.name, argv), { onLine: say }).finally(() => {
    over.abort();
  });
  await Promise.all([running, keepListed(over.signal)]);
}

async function keepListed(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(LOOK_MS);
    // While the API server is down the last list stays, as with Prometheus' own discovery.
    await listPods().catch(() => undefined);
  }
}

async function prometheusCommand(lasting: string | undefined): Promise<Argv> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(join(dir, "rules"), { recursive: true, mode: 0o700 });
  await writeFile(join(dir, "prometheus.yml"), JSON.stringify(configuration));
  await listPods();
  for (const { metadata, spec } of await deployedRules()) {
    const groups = spec.groups.map((group) => ({ ...group, rules: group.rules.map((rule) => hurried(rule, lasting)) }));
    await writeFile(join(dir, "rules", `${metadata.namespace}-${metadata.name}.yml`), JSON.stringify({ groups }));
  }
  return [
    "prometheus",
    `--config.file=${join(dir, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(dir, "data")}`,
    `--web.listen-address=${prometheusHost.ipv4}:9090`,
    "--log.level=warn",
  ];
}

const pods = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        namespace: z.string(),
        annotations: z.record(z.string(), z.string()).default({}),
      }),
      status: z.object({ phase: z.string(), podIP: z.string().optional() }),
    }),
  ),
});

/**
 * Lists the pods in a file, with the labels that discovery would give them: Debian builds Prometheus without discovery
 * in Kubernetes. The usual rules on these labels decide what Prometheus scrapes.
 */
async function listPods(): Promise<void> {
  const { items } = pods.parse(JSON.parse(await kubectl("get", "pods", "--all-namespaces", "--output=json")));
  const groups = items.flatMap(({ metadata, status }) =>
    status.podIP === undefined
      ? []
      : [
          {
            targets: [status.podIP],
            labels: {
              __meta_kubernetes_namespace: metadata.namespace,
              [label("name")]: metadata.name,
              [label("ip")]: status.podIP,
              [label("phase")]: status.phase,
              ...Object.fromEntries(
                Object.entries(metadata.annotations)
                  .filter(([name]) => name.startsWith("prometheus.io/"))
                  .map(([name, value]) => [label(`annotation_${name.replace(/[^a-zA-Z0-9_]/g, "_")}`), value]),
              ),
            },
          },
        ],
  );
  await writeFile(`${podsFile}.part`, JSON.stringify(groups));
  await rename(`${podsFile}.part`, podsFile);
}

const rules = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), namespace: z.string() }),
      spec: z.object({
        groups: z.array(z.looseObject({ rules: z.array(z.looseObject({ alert: z.string().optional() })) })),
      }),
    }),
  ),
});

async function deployedRules() {
  return rules.parse(JSON.parse(await kubectl("get", "prometheusrules", "--all-namespaces", "--output=json"))).items;
}

function hurried<Rule extends { alert?: string | undefined }>(rule: Rule, lasting: string | undefined): Rule {
  return lasting === undefined || rule.alert === undefined ? rule : { ...rule, for: lasting };
}

const label = (name: string): string => `__meta_kubernetes_pod_${name}`;

/** The same as Prometheus' own example for pods, but faster. */
const configuration = {
  global: { scrape_interval: "2s", evaluation_interval: "1s" },
  rule_files: ["rules/*.yml"],
  scrape_configs: [
    {
      job_name: "pods",
      file_sd_configs: [{ files: [podsFile] }],
      relabel_configs: [
        { action: "keep", source_labels: [label("annotation_prometheus_io_scrape")], regex: "true" },
        // Pods that are ending have no address any more.
        { action: "keep", source_labels: [label("phase")], regex: "Running" },
        { source_labels: [label("annotation_prometheus_io_path")], regex: "(.+)", target_label: "__metrics_path__" },
        {
          source_labels: [label("ip"), label("annotation_prometheus_io_port")],
          separator: ":",
          target_label: "__address__",
        },
        { source_labels: ["__meta_kubernetes_namespace"], target_label: "namespace" },
        { source_labels: [label("name")], target_label: "pod" },
      ],
    },
  ],
};
