/** What stands in Pulumi.yaml and the stack files that come with the project. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { projectDir } from "../projectDir.ts";
import { parseStackConfig } from "./parse.ts";
import { formatProblem } from "./validation/problem.ts";
import { keys } from "./schema.ts";

const read = (file: string): unknown => parse(readFileSync(join(projectDir, file), "utf8"));
const declared = z
  .object({
    config: z.record(z.string(), z.object({ type: z.string(), description: z.string(), default: z.unknown() })),
  })
  .parse(read("Pulumi.yaml")).config;

describe("Pulumi.yaml", () => {
  it("declares every key but those that Pulumi.yaml says why it leaves out", () => {
    expect([...Object.keys(declared), "l2", "keepOnDestroy", "checks"].sort()).toEqual(Object.keys(keys).sort());
  });

  it("has the program's own defaults", () => {
    const needed = {
      pools: [{ name: "p", addresses: ["192.168.1.100"] }],
      image: { reference: `x@sha256:${"0".repeat(64)}` },
    };
    const context = { stack: "production", secretKeys: new Set<string>() };
    const defaults = Object.fromEntries(Object.entries(declared).map(([key, each]) => [key, each.default]));
    const asDeclared = parseStackConfig({ ...defaults, ...needed }, context);
    expect(asDeclared).toMatchObject({ ok: true });
    expect(asDeclared).toEqual(parseStackConfig(needed, context));
  });
});

describe.each(["development", "production"])("Pulumi.%s.yaml", (stack) => {
  it("is a starting point without mistakes, and without a secret", () => {
    const { config } = z.object({ config: z.record(z.string(), z.unknown()) }).parse(read(`Pulumi.${stack}.yaml`));
    const raw = Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace(/^esddns:/, ""), value]));
    const parsed = parseStackConfig(raw, { stack, secretKeys: new Set() });
    expect(parsed.ok ? [] : parsed.problems.map(formatProblem)).toEqual([]);
    expect(parsed).toMatchObject({ config: { token: { kind: "none" }, namespace: `esddns-${stack}` }, warnings: [] });
  });
});
