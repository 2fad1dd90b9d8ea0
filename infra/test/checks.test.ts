import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as Pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CHECKS } from "../config/keys/checks.ts";
import { projectDir } from "../projectDir.ts";
import { CONFIG, QUIET, runProgram } from "./testing.ts";

const node = { name: "node1", labels: {}, addresses: ["192.168.1.105"], podCidrs: [], taints: [] };
const clash = { ...QUIET, facts: { ...QUIET.facts, nodes: [node] } };
const silent = { reached: false as const, why: "kubectl is not on the PATH. Install kubectl" };
const unreadable = { ...QUIET, facts: { ...QUIET.facts, unread: ["MetalLB's controller"] } };

const logged = vi.hoisted(() => ({ warnings: [] as string[] }));
vi.mock("@pulumi/pulumi", async (original) => {
  const pulumi = await original<typeof Pulumi>();
  const warn = (text: string) => Promise.resolve(void logged.warnings.push(text));
  return { ...pulumi, log: { ...pulumi.log, warn } };
});

afterEach(() => {
  vi.unstubAllEnvs();
  logged.warnings.length = 0;
});

describe("checks that could not be made", () => {
  it.each([
    ["the cluster does not answer", silent, /could not be looked at: kubectl is not on the PATH. Install kubectl/],
    ["MetalLB may not be looked at", unreadable, /may not read MetalLB's controller/],
  ])("stop an up where %s, and are a warning of a preview", async (_, cluster, said) => {
    await expect(runProgram(CONFIG, { cluster })).rejects.toThrow(said);
    await expect(runProgram(CONFIG, { cluster })).rejects.toThrow(/whenUnreachable: Warn/);
    // Live reads are for the outputs, and change nothing about that.
    await expect(runProgram({ ...CONFIG, observeLive: false }, { cluster })).rejects.toThrow(said);
    logged.warnings.length = 0;
    await expect(runProgram(CONFIG, { cluster, preview: true })).resolves.toBeDefined();
    expect(logged.warnings).toContainEqual(expect.stringMatching(said));
  });

  it("let an up go on where the config says Warn or Off, and Off is silent and looks at nothing", async () => {
    await runProgram({ ...CONFIG, checks: { whenUnreachable: "Warn" } }, { cluster: silent });
    expect(logged.warnings).toContainEqual(expect.stringMatching(/could not be looked at/));
    logged.warnings.length = 0;
    // As a workflow sets it, by config-map of pulumi/actions: as text.
    await runProgram({ ...CONFIG, checks: '{"whenUnreachable":"Off"}' }, { cluster: clash });
    expect(logged.warnings.join()).not.toContain("cluster");
  });

  it("are none on an empty cluster: the first up goes through", async () => {
    const empty = { ...QUIET, facts: { ...QUIET.facts, metallb: undefined } };
    await expect(runProgram(CONFIG, { cluster: empty })).resolves.toBeDefined();
  });
});

describe("a check that finds something", () => {
  it("has a name, by which the config leaves out that check and no other", async () => {
    await expect(runProgram(CONFIG, { cluster: clash })).rejects.toThrow(
      /- \[pool-addresses\] esddns:pools\[0\].*\n.*esddns:checks: \{ skip: \[pool-addresses\] \}/,
    );
    const others = { ...CONFIG, checks: { skip: ["taints"] } };
    await expect(runProgram(others, { cluster: clash })).rejects.toThrow("pool-addresses");
    const skipped = { ...CONFIG, checks: { skip: ["pool-addresses"] } };
    await expect(runProgram(skipped, { cluster: clash })).resolves.toBeDefined();
  });

  it("does not stand in the way of a destroy or refresh that runs the program", async () => {
    vi.stubEnv("ESDDNS_CHECKS", "Off");
    await expect(runProgram(CONFIG, { cluster: clash })).resolves.toBeDefined();
    await expect(runProgram(CONFIG, { cluster: silent })).resolves.toBeDefined();
  });

  it("is in the documents, with what is at risk without it", () => {
    const page = readFileSync(join(projectDir, "docs/metallb.md"), "utf8");
    const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| (.*?) +\|$/gm)].map(([, name, risk]) => [name, risk]);
    expect(Object.fromEntries(rows)).toMatchObject(CHECKS);
  });
});
