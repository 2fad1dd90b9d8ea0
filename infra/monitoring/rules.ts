import { alerts, type Alert } from "./alerts.ts";

/**
 * Returns the `spec` of a PrometheusRule, which is also the content of a Prometheus rules file. `runbooks` is the
 * address of docs/runbooks.md.
 */
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
