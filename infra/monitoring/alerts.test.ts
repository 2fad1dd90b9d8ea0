import { readFileSync } from "node:fs";
import { join } from "node:path";
import { metricTable } from "@esddns/common/api";
import { describe, expect, it } from "vitest";
import { projectDir } from "../projectDir.ts";
import { alerts } from "./alerts.ts";
import { ruleGroups } from "./rules.ts";

const all = alerts({ namespace: "home", intervalSeconds: 300 });
const runbooks = readFileSync(join(projectDir, "docs", "runbooks.md"), "utf8");
const known = Object.values(metricTable).map(({ name }): string => name);

it("no two alerts have one name, and the runbooks are about these and no others", () => {
  const headings = [...runbooks.matchAll(/^## (Esddns\S+)$/gm)].map(([, name]) => name);
  expect(headings.sort()).toEqual(all.map(({ name }) => name).sort());
  expect(new Set(headings).size).toBe(all.length);
});

it("nobody is told that nobody looks before three rounds are over", () => {
  const slow = alerts({ namespace: "home", intervalSeconds: 3600 });
  expect(slow.find(({ name }) => name === "EsddnsNoUpdateCheck")?.expr).toMatch(/> 10800$/);
  expect(all.find(({ name }) => name === "EsddnsNoUpdateCheck")?.expr).toMatch(/> 900$/);
});

describe.each(all)("$name", ({ name, expr, summary, description }) => {
  it("asks for metrics that there are, of its own stack alone", () => {
    const asked = [...expr.matchAll(/\b((?:esddns|kube)_\w+)(\{[^}]*\})?/g)];
    expect(asked.length).toBeGreaterThan(0);
    for (const [, metric = "", matchers] of asked) {
      // If a metric is not this project's, the runbook must name it.
      if (!known.includes(metric)) expect(section(name)).toContain(`\`${metric}\``);
      expect(matchers).toContain('namespace="home"');
    }
  });

  it("says what is wrong, and has a runbook that says what to do", () => {
    const rule = ruleGroups({ namespace: "home", intervalSeconds: 300 }, "docs/runbooks.md").groups[0]?.rules.find(
      ({ alert }) => alert === name,
    );
    expect(rule?.annotations.runbook_url).toBe(`docs/runbooks.md#${name.toLowerCase()}`);
    expect(summary.length).toBeLessThan(100);
    expect(description).toMatch(/\.$/);
    expect(section(name)).toMatch(/\*\*Look at:\*\*[\s\S]+\*\*Do:\*\*/);
  });
});

function section(name: string): string {
  return runbooks.split(/^## /m).find((part) => part.startsWith(`${name}\n`)) ?? "";
}
