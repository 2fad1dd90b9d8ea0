/** The objects by which a Prometheus operator finds metrics and alerts. Pure. */
import type { Monitoring } from "../config/keys/monitoring.ts";
import { labels, names } from "../names.ts";
import { ruleGroups } from "./rules.ts";

const API_VERSION = "monitoring.coreos.com/v1";
/** Selects all the pods of a stack, and no other pod in its namespace. */
export const PODS = { "app.kubernetes.io/part-of": labels("")["app.kubernetes.io/part-of"] ?? "" };

interface Watched {
  readonly namespace: string;
  readonly monitoring: Monitoring;
  /** Seconds between full rounds. */
  readonly intervalSeconds: number;
}

export interface MonitoringObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { name: string; namespace: string; labels: Record<string, string> };
  readonly spec: object;
}

export function monitoringObjects({ namespace, monitoring, intervalSeconds }: Watched): MonitoringObject[] {
  const { monitor, rules, interval, runbooks } = monitoring;
  const metadata = { name: names.metrics, namespace, labels: { ...labels(names.metrics), ...monitoring.labels } };
  const endpoint = { port: "http", path: "/metrics", interval };
  const objects: MonitoringObject[] = [];
  if (monitor === "PodMonitor") {
    const spec = { selector: { matchLabels: PODS }, podMetricsEndpoints: [endpoint] };
    objects.push({ apiVersion: API_VERSION, kind: monitor, metadata, spec });
  }
  if (monitor === "ServiceMonitor") {
    const spec = { selector: { matchLabels: { app: names.metrics } }, endpoints: [endpoint] };
    objects.push({ apiVersion: API_VERSION, kind: monitor, metadata, spec });
  }
  if (rules) {
    const spec = ruleGroups({ namespace, intervalSeconds }, runbooks);
    objects.push({ apiVersion: API_VERSION, kind: "PrometheusRule", metadata, spec });
  }
  return objects;
}
