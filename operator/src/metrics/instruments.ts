/**
 * Instruments of prom-client. All are made from the table of metrics, so no metric outside the table can be exposed.
 */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { type MetricDefinition, type MetricKey, metricTable } from "@esddns/common/api";

type Table = typeof metricTable;
type KeyOf<T extends MetricDefinition["type"]> = {
  [K in MetricKey]: Table[K]["type"] extends T ? K : never;
}[MetricKey];
type LabelOf<K extends MetricKey> = Table[K]["labels"][number];
type SetValue<K extends MetricKey> = (labels: Readonly<Record<LabelOf<K>, string>>, value: number) => void;

/** Upper bounds of the buckets of every histogram, seconds. */
const BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40];

export function counter<K extends KeyOf<"counter">>(registry: Registry, key: K): Counter<LabelOf<K>> {
  return new Counter<LabelOf<K>>(optionsOf(registry, key));
}

export function gauge<K extends KeyOf<"gauge">>(registry: Registry, key: K): Gauge<LabelOf<K>> {
  return new Gauge<LabelOf<K>>(optionsOf(registry, key));
}

export function histogram<K extends KeyOf<"histogram">>(registry: Registry, key: K): Histogram<LabelOf<K>> {
  return new Histogram<LabelOf<K>>({ ...optionsOf(registry, key), buckets: BUCKETS });
}

/** A gauge whose values are collected at each scrape, so that labels that no longer apply disappear. */
export function collected<K extends KeyOf<"gauge">>(
  registry: Registry,
  key: K,
  collect: (set: SetValue<K>) => void,
): void {
  const options = optionsOf(registry, key);
  new Gauge<LabelOf<K>>({
    ...options,
    collect() {
      this.reset();
      if (options.labelNames.length === 0) this.remove();
      collect((labels, value) => {
        this.set(labels, value);
      });
    },
  });
}

function optionsOf<K extends MetricKey>(registry: Registry, key: K) {
  const { name, help, labels }: MetricDefinition = metricTable[key];
  return { name, help, labelNames: [...labels] as LabelOf<K>[], registers: [registry] };
}
