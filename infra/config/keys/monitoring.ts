/** Who collects the metrics, and what comes with them. */
import { z } from "zod";
import { stackKey } from "../keyFacts.ts";
import { labelMap } from "../values/labels.ts";

export const monitoringSchema = z.object({
  annotations: z
    .boolean()
    .optional()
    .describe("Whether pods carry prometheus.io/scrape annotations; left out, they do where there is no monitor."),
  monitor: z
    .enum(["None", "PodMonitor", "ServiceMonitor"])
    .default("None")
    .describe("None, or the object by which a Prometheus operator finds the pods: PodMonitor or ServiceMonitor."),
  interval: z
    .string()
    .regex(/^[1-9]\d*(s|m)$/)
    .default("30s")
    .describe("Between two scrapes of the monitor, for instance 30s or 1m."),
  rules: z.boolean().default(false).describe("Whether there is a PrometheusRule with the alerts."),
  dashboard: z
    .boolean()
    .default(false)
    .describe("Whether there is a ConfigMap with the dashboard, for Grafana's sidecar."),
  labels: labelMap
    .default({})
    .describe("Labels of monitor and rules, by which a Prometheus selects them: { release: kube-prometheus-stack }."),
  dashboardLabels: labelMap
    .default({ grafana_dashboard: "1" })
    .describe('Labels of the dashboard\'s ConfigMap: { grafana_dashboard: "1" }.'),
  runbooks: z
    .string()
    .min(1)
    .default("docs/runbooks.md")
    .describe("Where docs/runbooks.md is to be read, for the links in alerts."),
});

export const monitoringKey = stackKey(monitoringSchema.prefault({}), { encrypted: "secret", guide: "monitoring.md" });

export type Monitoring = z.output<typeof monitoringSchema>;

/** The annotations of every pod by which Prometheus' usual scrape rules find it. */
export function scrapeAnnotations({ annotations, monitor }: Monitoring, port: number): Record<string, string> {
  if (!(annotations ?? monitor === "None")) return {};
  return { "prometheus.io/scrape": "true", "prometheus.io/port": String(port), "prometheus.io/path": "/metrics" };
}

/** The kinds of the Prometheus operator that would be written. */
export function monitoringKinds({ monitor, rules }: Monitoring): string[] {
  return [...(monitor === "None" ? [] : [monitor]), ...(rules ? ["PrometheusRule"] : [])];
}
