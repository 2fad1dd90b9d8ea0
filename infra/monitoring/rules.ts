import { alerts, type Alert } from "./alerts.ts";

/** The `spec` of a PrometheusRule, and a rules file of Prometheus as it is. `runbooks`: where docs/runbooks.md is to be read. */
export function ruleGroups(watched: Parameters<typeof alerts>[0], runbooks: string) {
  return { groups: [{ name: "esddns", rules: alerts(watched).map((alert) => rule(alert, runbooks)) }] };
}

function rule({ name, expr, for: lasting, severity, summary, description }: Alert, runbooks: string) {
  return {
    alert: name,
    expr,
    for: lasting,
    labels: { severity },
    annotations: { summary, description, runbook_url: `${runbooks}#${name.toLowerCase()}` },
  };
}
