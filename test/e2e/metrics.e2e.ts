/** What Prometheus' own tool thinks of the metrics. Needs no running lab, only the packages that it installs. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMetrics } from "../../operator/src/metrics/metrics.ts";
import { snapshot, clusterView } from "../../operator/src/snapshot/testing.ts";
import { votes } from "../../operator/src/decide/testing.ts";
import { promtool } from "./promtool.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "esddns-metrics-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test.each(["operator", "status"] as const)("promtool finds no fault with the metrics of %s", async (role) => {
  const state = snapshot({ clusterView: clusterView(), gandiTokenExpires: "2027-05-01" });
  const metrics = createMetrics({ role, version: "1.2.3", snapshot: () => state, healthy: () => true });
  metrics.round(votes("Google:192.0.2.1"), 1_500);
  metrics.gandiRequest("PUT", "Ok", 201, 250);
  metrics.reconciled("put", 800);
  metrics.verified("home", "True", 0);
  const file = join(dir, role);
  await writeFile(file, await metrics.text());
  const { status, output } = await promtool(["check", "metrics"], file);
  // 3: it read all of it, and would have named something otherwise. Names of Node.js' own metrics are not ours.
  expect([0, 3]).toContain(status);
  expect(output.split("\n").filter((line) => line !== "" && !line.startsWith("nodejs_"))).toEqual([]);
});

test("promtool does find fault with what is no metric", async () => {
  const file = join(dir, "broken");
  await writeFile(file, "esddns_broken{ 1\n");
  expect((await promtool(["check", "metrics"], file)).status).toBe(1);
});
