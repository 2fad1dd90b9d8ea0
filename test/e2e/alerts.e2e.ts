/** Every alert fires when it must and stays quiet when it must, by Prometheus' own rule engine. Needs no running lab. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { alerts } from "../../infra/monitoring/alerts.ts";
import { ruleGroups } from "../../infra/monitoring/rules.ts";
import { cases } from "./alertCases.ts";
import { promtool } from "./promtool.ts";

const watched = { namespace: "home", intervalSeconds: 300 };
let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "esddns-alerts-"));
  await writeFile(join(dir, "rules.yml"), JSON.stringify(ruleGroups(watched, "docs/runbooks.md")));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test("promtool finds no fault with the rules, and there is a case for each", async () => {
  const { status, output } = await promtool(["check", "rules", join(dir, "rules.yml")]);
  expect(output).toContain(`SUCCESS: ${Object.keys(cases).length} rules found`);
  expect(status).toBe(0);
  expect(Object.keys(cases).sort()).toEqual(
    alerts(watched)
      .map(({ name }) => name)
      .sort(),
  );
});

describe.each(Object.entries(cases))("%s", (name, { fires, quiet, more = {} }) => {
  test("fires", async () => {
    expect(await outcome(name, "home", fires, true)).toEqual({
      status: 0,
      output: expect.stringContaining("SUCCESS") as string,
    });
  });

  test("stays quiet", async () => {
    expect(await outcome(name, "home", quiet, false)).toEqual({
      status: 0,
      output: expect.stringContaining("SUCCESS") as string,
    });
  });

  for (const [what, { fires: firing, series }] of Object.entries(more)) {
    test(`${firing ? "fires" : "stays quiet"} ${what}`, async () => {
      expect(await outcome(name, "home", series, firing)).toEqual({
        status: 0,
        output: expect.stringContaining("SUCCESS") as string,
      });
    });
  }

  test.runIf(!name.endsWith("Down"))("stays quiet about another stack", async () => {
    const { status } = await outcome(name, "other", fires, false);
    expect(status).toBe(0);
  });
});

async function outcome(name: string, namespace: string, series: Readonly<Record<string, string>>, firing: boolean) {
  const expected = firing ? [{ labels: "{}", value: 1 }] : [];
  const alert = `ALERTS{alertname="${name}",alertstate="firing"}`;
  const file = join(dir, `${name}.yml`);
  const ofNamespace = (metric: string): string =>
    metric.includes("{") ? metric.replace("{", `{namespace="${namespace}",`) : `${metric}{namespace="${namespace}"}`;
  const tests = {
    rule_files: ["rules.yml"],
    evaluation_interval: "1m",
    tests: [
      {
        interval: "1m",
        input_series: Object.entries(series).map(([metric, values]) => ({ series: ofNamespace(metric), values })),
        promql_expr_test: [
          {
            // At the end of the hour it fires, or at no time within it.
            expr: `count(${firing ? alert : `max_over_time(${alert}[1h])`})`,
            eval_time: "1h",
            exp_samples: expected,
          },
        ],
      },
    ],
  };
  await writeFile(file, JSON.stringify(tests));
  return promtool(["test", "rules", file]);
}
