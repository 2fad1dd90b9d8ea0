import { type MetricKey, metricTable } from "@esddns/common/api";

/**
 * A metric of the table with matchers, for PromQL: `esddns_leader{namespace="home"}`.
 * @param matchers more of them, as they stand between the braces.
 */
export type Select = (key: MetricKey, matchers?: string) => string;

/** @param namespace a name, or a variable of a dashboard. */
export function selectIn(namespace: string): Select {
  return (key, matchers) =>
    `${metricTable[key].name}{namespace="${namespace}"${matchers === undefined ? "" : `,${matchers}`}}`;
}
