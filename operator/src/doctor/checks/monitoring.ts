/** Checks whether a fault would be reported. */
import type { Facts } from "../read/facts.ts";
import { type DoctorFinding, ok, unread, warn } from "../finding.ts";

export function metrics({ monitors, ownPods }: Facts): DoctorFinding {
  if (monitors.read && monitors.value.length > 0)
    return ok(`a Prometheus operator finds them by ${monitors.value.join(", ")}`);
  if (!ownPods.read) return unread(ownPods);
  const annotated = ownPods.value.filter(({ metadata }) => metadata.annotations["prometheus.io/scrape"] === "true");
  if (annotated.length > 0) return ok(`${annotated.length} pods are annotated for scraping`);
  return warn("nothing tells Prometheus of the pods", "Set esddns:monitoring.monitor, or leave annotations on.");
}

export function alerts({ rules }: Facts): DoctorFinding {
  if (!rules.read) return unread(rules);
  if (rules.value.length > 0) return ok(`there are ${rules.value.join(", ")}`);
  return warn(
    "no PrometheusRule in the namespace",
    "With a Prometheus operator: esddns:monitoring.rules. Without one: docs/monitoring.md says how to take the rules over.",
  );
}
