import { type MetricDefinition, metricTable } from "@esddns/common/api";
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

const stats = panels.filter(({ type }) => type === "stat");

/** Returns the colour in which Grafana shows the value. */
function colourOf(title: string, value: number): string | undefined {
  const { color, thresholds } = stats.find((each) => each.title === title)?.fieldConfig.defaults ?? {};
  if (color?.mode === "fixed") return color.fixedColor;
  return thresholds?.steps.findLast(({ value: from }) => value >= (from ?? -Infinity))?.color;
}

it("tells in its stats how it is now, not the last that was ever heard within the hours shown", () => {
  expect(stats.length).toBeGreaterThan(0);
  for (const { title, targets } of stats) {
    expect(
      targets.map(({ instant, range }) => [instant, range]),
      title,
    ).toEqual([[true, false]]);
  }
});

it.each([["Operators that look"], ["Lease holders"]])("%s: none is a number, too", (title) => {
  const [target] = stats.find((each) => each.title === title)?.targets ?? [];
  expect(target?.expr).toMatch(/ or vector\(0\)$/);
});

const DAY = 86_400;
it.each([
  ["WAN address", 1, "text"],
  ["Since the last change", 100 * DAY, "text"],
  ["All records in sync", 0, "red"],
  ["All records in sync", 1, "green"],
  ["Gandi's token lasts", -DAY, "red"],
  ["Gandi's token lasts", DAY - 1, "red"],
  ["Gandi's token lasts", 6 * DAY, "orange"],
  ["Gandi's token lasts", 29 * DAY, "yellow"],
  ["Gandi's token lasts", 300 * DAY, "green"],
  ["Operators that look", 0, "red"],
  ["Operators that look", 100, "green"],
  ["Lease holders", 0, "red"],
  ["Lease holders", 1, "green"],
  ["Lease holders", 2, "red"],
])("%s: %d is %s", (title, value, colour) => {
  expect(colourOf(title, value)).toBe(colour);
});

it("has a colour of its own for every stat, since Grafana's are those of a percentage", () => {
  for (const { title, fieldConfig } of stats) expect(fieldConfig.defaults.color, title).toBeDefined();
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

/** Returns the names under which Prometheus stores the metric. */
function served({ name, type }: MetricDefinition): string[] {
  return type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}
