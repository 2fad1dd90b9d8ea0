/** The values of MetalLB's chart. */
import { OWNER_LABEL } from "./owner.ts";

type Values = Record<string, unknown>;

/**
 * The values that this project needs whatever the chart's defaults are: plain L2 and native BGP without FRR (0.15 turns
 * one FRR on by default, 0.16 another), and the labels by which users select MetalLB's pods.
 */
const DEFAULTS: Values = {
  controller: { labels: { app: "metallb", component: "controller" } },
  speaker: { labels: { app: "metallb", component: "speaker" }, frr: { enabled: false } },
  frrk8s: { enabled: false },
};

/**
 * Merges the user's values into the defaults: objects are merged, every other value replaces. `owner` is the value of
 * OWNER_LABEL (owner.ts). `tolerations` are those of the controller: the speaker tolerates the control plane's taint by
 * the chart's own default.
 */
export function chartValues(values: Values, owner: string, tolerations: readonly object[] = []): Values {
  const defaults = tolerations.length === 0 ? DEFAULTS : merge(DEFAULTS, { controller: { tolerations } });
  return merge(merge(defaults, values), { controller: { labels: { [OWNER_LABEL]: owner } } });
}

function merge(base: Values, over: Values): Values {
  const merged: Values = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isObject(below) && isObject(value) ? merge(below, value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
