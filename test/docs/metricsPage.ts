import { type MetricDefinition, metricTable } from "@esddns/common/api";
import { pretty } from "./pretty.ts";

/** docs/metrics.md, as the table of metrics has it. */
export function metricsPage(): Promise<string> {
  const all: MetricDefinition[] = Object.values(metricTable);
  const of = (whose: MetricDefinition["of"]) => all.filter((metric) => metric.of === whose);
  return pretty(
    [
      "# Metrics",
      "<!-- Made from common/api/metrics.ts by: npm run docs -->",
      INTRODUCTION,
      "## Of every pod",
      "What is read from the cluster; every pod tells the same, so take `max` or `min` and never `sum`.",
      table(of("both")),
      "## Of the operator's pods",
      "What happens on a node, or in the pod that holds the lease. Counters begin at 0 when a pod starts.",
      table(of("operator")),
      "## Of the page's pods",
      "What MetalLB says; absent while it cannot be read, or where MetalLB is older than 0.15 and does not count.",
      table(of("page")),
      FORMER,
    ].join("\n\n"),
  );
}

const INTRODUCTION = `Every pod serves its metrics at \`/metrics\` on port 8080, in Prometheus' text format.
Times are in seconds, moments in seconds since the epoch. The counters and gauges of Node.js and of the process
(\`nodejs_…\`, \`process_…\`) are there too. Alerts and the dashboard use nothing that is not on this page,
but for what [the runbooks](runbooks.md) name.`;

const FORMER = `## Names of the former system

Dashboards and alerts made for the system that this one replaces go on working with \`esddns_dns_updates_total\`,
\`esddns_dns_update_failures_total\`, \`esddns_last_dns_update_timestamp\`, \`esddns_current_wan_ip_info\`,
\`esddns_state_in_sync\` and \`esddns_service_health\`. There are several pods now, of which one writes: put \`sum\` around
the counters, \`max\` around the timestamp.`;

function table(metrics: readonly MetricDefinition[]): string {
  const rows = metrics.map(({ name, type, labels, help }) => {
    const cells = [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(", "), help];
    return `| ${cells.join(" | ")} |`;
  });
  return ["| name | type | labels | what it says |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
