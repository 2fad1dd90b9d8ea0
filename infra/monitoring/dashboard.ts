/** Builds the Grafana dashboard from the table of metrics. Pure. */
import { metricTable, type MetricKey } from "@esddns/common/api";
import { selectIn } from "./selector.ts";

interface Panel {
  readonly title: string;
  readonly type: "stat" | "timeseries";
  readonly unit: string;
  /** The queries, by legend. */
  readonly queries: Readonly<Record<string, string>>;
  /**
   * Colours of a stat by its value. A value below the first step is red. Without steps no value is better than another.
   */
  readonly steps?: readonly Step[];
  /** Shows the legend in place of the value. */
  readonly named?: true;
}

type Step = readonly [colour: string, from: number];

const m = selectIn("$namespace");
const rate = (key: MetricKey, by: string): string => `sum by (${by}) (rate(${m(key)}[5m]))`;
/** Returns the query for the value that 95 of 100 do not exceed. */
const p95 = (key: MetricKey): string => {
  const { name } = metricTable[key];
  return `histogram_quantile(0.95, sum by (le) (rate(${m(key).replace(name, `${name}_bucket`)}[5m])))`;
};
const stat = (title: string, unit: string, query: string, steps: readonly Step[] = []): Panel => ({
  title,
  type: "stat",
  unit,
  queries: { "": query },
  steps,
});
/** Returns 0 for a query without any series, which is not the same as no data. */
const orNone = (query: string): string => `${query} or vector(0)`;
const graph = (title: string, unit: string, queries: Panel["queries"]): Panel => ({
  title,
  type: "timeseries",
  unit,
  queries,
});

/** Seconds. */
const DAY = 86_400;

const PANELS: readonly Panel[] = [
  {
    title: "WAN address",
    type: "stat",
    unit: "none",
    queries: { "{{family}} {{address}}": `max by (family, address) (${m("wanAddressInfo")})` },
    named: true,
  },
  stat("Since the last change", "s", `time() - max(${m("wanLastChange")})`),
  stat("All records in sync", "bool_yes_no", `min(${m("stateInSync")})`, [["green", 1]]),
  stat("Gandi's token lasts", "s", `min(${m("tokenExpiry")}) - time()`, [
    ["orange", DAY],
    ["yellow", 7 * DAY],
    ["green", 30 * DAY],
  ]),
  stat("Operators that look", "none", orNone(`count(${m("buildInfo", 'role="operator"')})`), [["green", 1]]),
  stat("Lease holders", "none", orNone(`sum(${m("leader")})`), [
    ["green", 1],
    ["red", 2],
  ]),
  graph("Since the last agreement", "s", { age: `min(${m("wanAgreementAge")})` }),
  graph("Disagreement", "bool_yes_no", { disagreement: `max(${m("wanDisagreement")})` }),
  graph("Votes by outcome", "ops", { "{{outcome}}": rate("votes", "outcome") }),
  graph("Since each node looked", "s", { "{{node}}": `time() - max by (node) (${m("observationTime")})` }),
  graph("Rounds and probes, 95th percentile", "s", { round: p95("roundSeconds"), probe: p95("probeSeconds") }),
  graph("Probes by outcome", "ops", { "{{outcome}}": rate("probes", "outcome") }),
  graph("Records", "none", {
    "{{fqdn}} in sync": `min by (fqdn) (${m("recordInSync")})`,
    "{{fqdn}} verified": `min by (fqdn) (${m("recordVerified")})`,
  }),
  graph("DNS updates and failures in an hour", "short", {
    updates: `sum(increase(${m("dnsUpdates")}[1h]))`,
    "failed: {{reason}}": `sum by (reason) (increase(${m("dnsUpdateFailures")}[1h])) > 0`,
  }),
  graph("Requests to Gandi by status", "reqps", {
    "{{method}} {{status}}": `sum by (method, status) (rate(${m("gandiRequestSeconds").replace("{", "_count{")}[5m]))`,
  }),
  graph("Gandi and reconciling, 95th percentile", "s", {
    "request to Gandi": p95("gandiRequestSeconds"),
    "one record": p95("reconcileSeconds"),
  }),
  graph("Requests to Gandi that are left", "short", { "{{pod}}": `min by (pod) (${m("gandiBudgetLeft")})` }),
  graph("Address pools", "short", {
    "{{pool}} {{family}} assigned": `max by (pool, family) (${m("poolAssigned")})`,
    "{{pool}} {{family}} free": `max by (pool, family) (${m("poolAvailable")})`,
  }),
  graph("Since the API server was heard of", "s", { "{{kind}}": `max by (kind) (${m("watchAge")})` }),
  graph("Pods that are well", "short", { "{{pod}}": `min by (pod) (${m("serviceHealth")})` }),
];

/** Returns the dashboard as Grafana imports it. The user chooses data source and namespace there. */
export function dashboard() {
  return {
    uid: "esddns",
    title: "ESDDNS",
    tags: ["esddns"],
    schemaVersion: 39,
    refresh: "30s",
    time: { from: "now-6h", to: "now" },
    templating: {
      list: [
        { name: "datasource", label: "Data source", type: "datasource", query: "prometheus" },
        {
          name: "namespace",
          label: "Namespace",
          type: "query",
          datasource: DATA_SOURCE,
          query: `label_values(${metricTable.buildInfo.name}, namespace)`,
          refresh: 2,
        },
      ],
    },
    panels: PANELS.map(panel),
  };
}

const DATA_SOURCE = { type: "prometheus", uid: "${datasource}" };
/** Sizes in Grafana's grid, which is 24 wide. */
const STAT = { w: 4, h: 4 };
const GRAPH = { w: 12, h: 8 };
/** A graph uses Grafana's colours, one for each series. */
const NO_COLOURS: Colours = {};

function panel({ title, type, unit, queries, steps, named }: Panel, index: number) {
  const stats = PANELS.filter((each) => each.type === "stat").length;
  const place = index - stats;
  const gridPos =
    type === "stat"
      ? { ...STAT, x: index * STAT.w, y: 0 }
      : { ...GRAPH, x: (place % 2) * GRAPH.w, y: STAT.h + Math.floor(place / 2) * GRAPH.h };
  return {
    id: index + 1,
    title,
    type,
    gridPos,
    datasource: DATA_SOURCE,
    fieldConfig: { defaults: { unit, ...(type === "stat" ? colours(steps) : NO_COLOURS) }, overrides: [] },
    ...(named ? { options: { textMode: "name" } } : {}),
    targets: Object.entries(queries).map(([legendFormat, expr], i) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + i),
      datasource: DATA_SOURCE,
      expr,
      legendFormat,
      // A stat shows the present value. From a range Grafana would show the last value, however old.
      ...(type === "stat" ? { instant: true, range: false } : {}),
    })),
  };
}

interface Colours {
  readonly color?: { readonly mode: string; readonly fixedColor?: string };
  readonly thresholds?: {
    readonly mode: "absolute";
    readonly steps: readonly { readonly color: string; readonly value: number | null }[];
  };
}

/**
 * Sets the colours of a stat: by default Grafana shows green below 80 and red above. A value below the first step is
 * red.
 */
function colours(steps: readonly Step[] = []): Colours {
  if (steps.length === 0) return { color: { mode: "fixed", fixedColor: "text" } };
  const above = steps.map(([color, value]) => ({ color, value }));
  return {
    color: { mode: "thresholds" },
    thresholds: { mode: "absolute", steps: [{ color: "red", value: null }, ...above] },
  };
}
