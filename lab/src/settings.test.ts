import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";

const dir = mkdtempSync(join(tmpdir(), "esddns-settings-"));
vi.stubEnv("ESDDNS_LAB_STATE", dir);
const { changeSettings, clusterNodes } = await import("./settings.ts");

afterAll(() => {
  rmSync(dir, { recursive: true });
});

it("the cluster has two nodes until it is to have one, whatever else is asked for later", async () => {
  const names = async () => (await clusterNodes()).map(({ name }) => name);
  expect(await names()).toEqual(["node1", "node2"]);
  await changeSettings({ nodes: 1 });
  await changeSettings({ bgp: true });
  expect(await names()).toEqual(["node1"]);
  await changeSettings({ nodes: 2 });
  expect(await names()).toEqual(["node1", "node2"]);
});
