import { describe, expect, it } from "vitest";
import { CONFIG, IMAGE, type ProgramRun, runProgram } from "./testing.ts";

const SCRAPED = { "prometheus.io/scrape": "true", "prometheus.io/port": "8080", "prometheus.io/path": "/metrics" };

function podAnnotations(program: ProgramRun, kind: "DaemonSet" | "Deployment"): unknown {
  const { spec } = program.one(`kubernetes:apps/v1:${kind}`).inputs;
  return (spec as { template: { metadata: { annotations?: unknown } } }).template.metadata.annotations;
}
const ofPrometheus = (program: ProgramRun): string[] =>
  program.resources.map(({ type }) => type).filter((type) => type.includes("monitoring.coreos.com"));

describe("esddns:monitoring", () => {
  it("left out, has Prometheus find the pods by annotations, and writes nothing else", async () => {
    const program = await runProgram(CONFIG);
    expect(podAnnotations(program, "DaemonSet")).toMatchObject(SCRAPED);
    expect(podAnnotations(program, "Deployment")).toMatchObject(SCRAPED);
    expect(ofPrometheus(program)).toEqual([]);
    expect(program.resources.filter(({ name }) => name.startsWith("monitoring-"))).toEqual([]);
  });

  it("with a PodMonitor and rules, has the labels that a Prometheus selects by, and nobody scrapes twice", async () => {
    const monitoring = {
      monitor: "PodMonitor",
      rules: true,
      labels: { release: "stack" },
      runbooks: "https://x.test/r",
    };
    const program = await runProgram({ ...CONFIG, monitoring });
    expect(podAnnotations(program, "DaemonSet")).not.toMatchObject({ "prometheus.io/scrape": "true" });
    expect(ofPrometheus(program)).toHaveLength(2);
    const rule = program.one("kubernetes:monitoring.coreos.com/v1:PrometheusRule").inputs;
    expect(rule.metadata).toMatchObject({ namespace: "esddns-production", labels: { release: "stack" } });
    expect(JSON.stringify(rule.spec)).toContain("https://x.test/r#esddnsoperatordown");
    expect(JSON.stringify(rule.spec)).toContain('namespace=\\"esddns-production\\"');
    expect(program.one("kubernetes:monitoring.coreos.com/v1:PodMonitor").inputs.spec).toMatchObject({
      selector: { matchLabels: { "app.kubernetes.io/part-of": "esddns" } },
      podMetricsEndpoints: [{ port: "http", path: "/metrics", interval: "30s" }],
    });
  });

  it("with a ServiceMonitor, has a Service that takes in the pods of operator and page", async () => {
    const program = await runProgram({ ...CONFIG, monitoring: { monitor: "ServiceMonitor" } });
    const service = program.one("kubernetes:core/v1:Service", "monitoring-service").inputs;
    expect(service.spec).toMatchObject({ clusterIP: "None", selector: { "app.kubernetes.io/part-of": "esddns" } });
    expect(program.one("kubernetes:monitoring.coreos.com/v1:ServiceMonitor").inputs.spec).toMatchObject({
      selector: { matchLabels: { app: service.metadata?.labels?.["app"] } },
    });
  });

  it("has the dashboard where Grafana's sidecar looks for it", async () => {
    const program = await runProgram({ ...CONFIG, monitoring: { dashboard: true } });
    const map = program.one("kubernetes:core/v1:ConfigMap", "monitoring-dashboard").inputs;
    expect(map.metadata?.labels).toMatchObject({ grafana_dashboard: "1" });
    const { "esddns.json": text = "" } = map["data"] as Record<string, string>;
    expect(JSON.parse(text)).toMatchObject({ uid: "esddns", panels: expect.arrayContaining([]) as unknown });
  });

  it("says what is missing in a cluster without a Prometheus operator", async () => {
    const cluster = {
      reached: true,
      facts: {
        nodes: [],
        serviceCidrs: [],
        pools: [],
        metallb: undefined,
        definitions: undefined,
        monitoringKinds: new Set<string>(),
        unread: [],
      },
    } as const;
    const monitoring = { monitor: "PodMonitor", rules: true };
    const failed = await runProgram({ ...CONFIG, image: { reference: IMAGE }, monitoring }, { cluster }).catch(
      (error: unknown) => error,
    );
    const { message } = failed as Error;
    expect(message).toMatch(/esddns:monitoring\.monitor: .*knows no PodMonitor.*Prometheus operator/);
    expect(message).toMatch(/esddns:monitoring\.rules: .*no PrometheusRule/);
  });
});
