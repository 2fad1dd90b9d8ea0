import { type MetricDefinition, metricTable } from "@esddns/operator/api";
import { expect, it } from "vitest";
import { dashboard } from "./dashboard.ts";

const table: readonly MetricDefinition[] = Object.values(metricTable);
const { panels, templating } = dashboard();

it.each(panels)("$title asks for metrics that there are, by labels that they have, of one namespace", ({ targets }) => {
  expect(targets.length).toBeGreaterThan(0);
  for (const { expr, legendFormat } of targets) {
    const asked = [...expr.matchAll(/\b(esddns_\w+)(\{[^}]*\})/g)];
    expect(asked.length).toBeGreaterThan(0);
    for (const [, name = "", matchers] of asked) {
      expect(matchers).toContain('namespace="$namespace"');
      const metric = table.find((each) => served(each).includes(name));
      expect(metric?.name, name).toBeDefined();
      const labels = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
      // The pod is a label of the target.
      for (const label of labels) expect([...(metric?.labels ?? []), "pod"]).toContain(label);
    }
  }
});

it("has places for its panels that do not overlap", () => {
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
    expect(x + w).toBeLessThanOrEqual(24);
    return Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`);
  });
  expect(new Set(cells).size).toBe(cells.length);
});

it("finds the namespaces by a metric that every pod has", () => {
  expect(templating.list.map(({ query }) => query)).toContain("label_values(esddns_build_info, namespace)");
});

/** The names under which Prometheus keeps it. */
function served({ name, type }: MetricDefinition): string[] {
  return type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}
