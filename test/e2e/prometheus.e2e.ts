/** A real Prometheus against the running stack: what it scrapes, what the dashboard gets, and alerts that fire. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { alerts } from "../../infra/monitoring/alerts.ts";
import { prometheusUrl, wan } from "@esddns/lab";
import { type MetricDefinition, metricTable } from "@esddns/common/api";
import { dig, eventually, labJson, labOk } from "./lab.ts";
import { goodToken, storeToken } from "./token.ts";

const namespace = "esddns-development";
const record = "home.example.com";
let prometheus: ChildProcess | undefined;

beforeAll(async () => {
  await labOk("trouble", "off");
  await labOk("wan", wan.initialIpv4, wan.initialPrefix);
  await recordIs(wan.initialIpv4);
  prometheus = spawn(process.execPath, ["lab/src/main.ts", "prometheus", "--for", "2s"], { stdio: "ignore" });
  await eventually(async () => {
    expect((await targets()).length).toBeGreaterThan(0);
  });
});

afterAll(async () => {
  prometheus?.kill();
  await labOk("trouble", "off");
  await labOk("wan", wan.initialIpv4, wan.initialPrefix);
});

test("scrapes every pod of the stack, by its annotations, without an error", async () => {
  await eventually(async () => {
    const found = await targets();
    expect(found.map(({ labels }) => labels["pod"]?.replace(/(-[a-z0-9]{8,10})?-[a-z0-9]{5}$/, "")).sort()).toEqual([
      ...["esddns-operator-daemon", "esddns-operator-daemon", "esddns-service", "esddns-service"],
    ]);
    expect(found.map(({ health, lastError }) => `${health} ${lastError}`)).toEqual(found.map(() => "up "));
  });
});

test("evaluates the rules that the stack has deployed, and nothing fires while all is well", async () => {
  await eventually(async () => {
    const { groups } = await ask<{ groups: { rules: { name: string; health: string; lastError?: string }[] }[] }>(
      "rules",
    );
    const rules = groups.flatMap((group) => group.rules);
    const wanted = alerts({ namespace, intervalSeconds: 600 }).map(({ name }) => name);
    expect(rules.map(({ name }) => name).sort()).toEqual([...wanted].sort());
    expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
    expect(await firing()).toEqual([]);
  });
});

describe("an alert fires, and is over when its cause is", () => {
  test("EsddnsTokenRefused, for a token that Gandi does not take", async () => {
    const good = await goodToken();
    try {
      await storeToken(namespace, randomBytes(20).toString("hex"));
      await fires("EsddnsTokenRefused");
    } finally {
      await storeToken(namespace, good);
    }
    await isOver("EsddnsTokenRefused");
  });

  test("EsddnsAddressDisputed, while somebody on the path answers all plain STUN", async () => {
    await labOk("trouble", "stun-spoofed", "on");
    await labOk("wan", "198.51.100.77");
    await fires("EsddnsAddressDisputed");
    await labOk("trouble", "off");
    await labOk("wan", wan.initialIpv4, wan.initialPrefix);
    await isOver("EsddnsAddressDisputed");
  });

  test("EsddnsPageDown and EsddnsOperatorDown, without their pods", async () => {
    const pages = (count: number) =>
      labOk("kubectl", "scale", "-n", namespace, "deployment/esddns-service", `--replicas=${count}`);
    const operators = (selector: string | null) => {
      const spec = { template: { spec: { nodeSelector: { "esddns.io/nowhere": selector } } } };
      const name = "daemonset/esddns-operator-daemon";
      return labOk("kubectl", "patch", "-n", namespace, name, "-p", JSON.stringify({ spec }));
    };
    try {
      await pages(0);
      await operators("true");
      await fires("EsddnsPageDown");
      await fires("EsddnsOperatorDown");
    } finally {
      await pages(2);
      await operators(null);
    }
    await isOver("EsddnsPageDown");
    await isOver("EsddnsOperatorDown");
  });
});

test("has every metric of the table", async () => {
  // A new holder of the lease has asked the zone's servers within a minute.
  await eventually(async () => {
    const series = await query('count by (__name__) ({__name__=~"esddns_.*"})');
    const names = new Set(series.map(({ metric }) => metric["__name__"]));
    const table: readonly MetricDefinition[] = Object.values(metricTable);
    const wanted = table.map(({ name, type }) => (type === "histogram" ? `${name}_bucket` : name));
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  }, 120_000);
});

test("answers every query of the deployed dashboard with something to show", async () => {
  const { data } = await labJson<{ data: Record<string, string> }>(
    ...["kubectl", "get", "configmap", "-n", namespace, "-l", "grafana_dashboard=1", "-o", "jsonpath={.items[0]}"],
  );
  const dashboard = JSON.parse(data["esddns.json"] ?? "") as {
    panels: { title: string; targets: { expr: string }[] }[];
  };
  const queries = dashboard.panels.flatMap(({ title, targets: all }) =>
    all.map(({ expr }) => ({ title, expr: expr.replaceAll("$namespace", namespace) })),
  );
  expect(queries.length).toBeGreaterThan(20);
  await eventually(async () => {
    const answers = await queryAll(queries.map(({ expr }) => expr));
    const empty = queries.filter((_, at) => answers[at]?.length === 0);
    expect(empty).toEqual([]);
  }, 90_000);
});

interface Target {
  readonly health: string;
  readonly lastError: string;
  readonly labels: Readonly<Record<string, string>>;
}

async function targets(): Promise<Target[]> {
  const { activeTargets } = await ask<{ activeTargets: Target[] }>("targets?state=active");
  return activeTargets.filter(({ labels }) => labels["namespace"] === namespace);
}

/** Names of the alerts that fire now. */
async function firing(): Promise<string[]> {
  const { alerts: all } = await ask<{ alerts: { state: string; labels: { alertname: string } }[] }>("alerts");
  return [...new Set(all.filter(({ state }) => state === "firing").map(({ labels }) => labels.alertname))].sort();
}

async function fires(name: string): Promise<void> {
  await eventually(async () => {
    expect(await firing()).toContain(name);
  }, 120_000);
}

async function isOver(name: string): Promise<void> {
  await eventually(async () => {
    expect(await firing()).not.toContain(name);
  }, 180_000);
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
}

async function query(expr: string): Promise<readonly Sample[]> {
  return (await queryAll([expr]))[0] ?? [];
}

async function queryAll(exprs: readonly string[]): Promise<(readonly Sample[])[]> {
  const paths = exprs.map((expr) => `query?${new URLSearchParams({ query: expr }).toString()}`);
  return (await askAll<{ result: Sample[] }>(paths)).map(({ result }) => result);
}

async function ask<T>(path: string): Promise<T> {
  const [answer] = await askAll<T>([path]);
  if (answer === undefined) throw new Error("no answer");
  return answer;
}

/** Prometheus' API, asked from the LAN; an error of any of them fails. */
async function askAll<T>(paths: readonly string[]): Promise<T[]> {
  const urls = paths.map((path) => `${prometheusUrl}/api/v1/${path}`);
  const lines = await labOk("exec", "client", "curl", "-sS", "--fail", "--max-time", "10", "-w", "\\n", ...urls);
  return lines
    .split("\n")
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { data: T }).data);
}

async function recordIs(ipv4: string): Promise<void> {
  await eventually(async () => {
    expect(await dig(record, "A")).toEqual([ipv4]);
  }, 180_000);
}
