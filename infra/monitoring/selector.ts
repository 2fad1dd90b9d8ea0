import { type MetricKey, metricTable } from "@esddns/common/api";

/**
 * Returns a metric of the table with matchers, for PromQL: `esddns_leader{namespace="home"}`.
 * @param matchers further matchers, as they stand between the braces.
 */
export type Select = (key: MetricKey, matchers?: string) => string;

/**
 * Selects in a namespace.
 * @param namespace a name, or a variable of a dashboard.
 */
export function selectIn(namespace: string): Select {
  return (key, matchers) =>
    `${metricTable[key].name}{namespace="${namespace}"${matchers === undefined ? "" : `,${matchers}`}}`;
}
