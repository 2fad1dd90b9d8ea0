/** The workflows as GitHub reads them: what they may do, and whose code they run. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { requiredVersion } from "@esddns/lab";

const root = join(import.meta.dirname, "..");
const dir = join(root, ".github", "workflows");

const step = z.object({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).default({}),
});
const workflow = z.object({
  on: z.union([z.string(), z.record(z.string(), z.unknown())]),
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.object({
      "runs-on": z.string(),
      "timeout-minutes": z.number(),
      permissions: z.record(z.string(), z.string()),
      steps: z.array(step),
    }),
  ),
});

const workflows = readdirSync(dir).map((file) => {
  const text = readFileSync(join(dir, file), "utf8");
  return { file, text, ...workflow.parse(parse(text)) };
});

/** All that a job may have; by default it has none. */
const ALLOWED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "preview.yml": { contents: "read", "pull-requests": "write" },
  "drift.yml": { contents: "read" },
  "check.yml": { contents: "read" },
};
/** Those that need secrets, and so the repository's own branches. */
const PREVIEWS = ["preview.yml", "drift.yml"];

describe.each(workflows)("$file", ({ file, text, on, permissions, jobs }) => {
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  const pulumi = steps.filter(({ uses = "" }) => uses.startsWith("pulumi/actions@"));

  it("may do what it needs and nothing else", () => {
    expect(permissions).toEqual({});
    for (const job of Object.values(jobs)) expect(job.permissions).toEqual(ALLOWED[file]);
  });

  it("names every action by the digest of a commit, with its version beside it", () => {
    const used = steps.flatMap(({ uses }) => uses ?? []);
    expect(used.length).toBeGreaterThan(0);
    for (const uses of used) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
    for (const uses of used) expect(text).toMatch(new RegExp(`uses: ${uses} # v\\d+\\.\\d+\\.\\d+\\n`));
  });

  it("leaves no token of GitHub behind in the checkout, and ends by itself", () => {
    for (const { with: args } of steps.filter(({ uses = "" }) => uses.startsWith("actions/checkout@")))
      expect(args["persist-credentials"]).toBe(false);
    for (const job of Object.values(jobs)) expect(job["timeout-minutes"]).toBeLessThanOrEqual(15);
  });

  it("puts nothing that a pull request's author chose into a shell, nor gives secrets to a stranger's code", () => {
    expect(Object.keys(typeof on === "string" ? { [on]: null } : on)).not.toContain("pull_request_target");
    for (const { run = "" } of steps) expect(run).not.toContain("${{");
    if (!PREVIEWS.includes(file)) expect(text).not.toContain("secrets.");
  });

  it("previews with the CLI that the lab tests, without the outputs of this moment", () => {
    const goMod = readFileSync(join(root, "lab", "toolchain", "pulumi", "go.mod"), "utf8");
    expect(pulumi).toHaveLength(PREVIEWS.includes(file) ? 1 : 0);
    for (const { with: args } of pulumi) {
      expect(args["command"]).toBe("preview");
      expect(`v${String(args["pulumi-version"])}`).toBe(requiredVersion(goMod, "github.com/pulumi/pulumi/pkg/v3"));
      const off = { "esddns:checks": { value: '{"whenUnreachable":"Off"}', secret: false } };
      expect(parse(String(args["config-map"]))).toEqual({
        "esddns:observeLive": { value: "false", secret: false },
        // Drift runs where the cluster is, and checks it.
        ...(file === "preview.yml" ? off : {}),
      });
    }
  });
});

it("the preview is a comment with the diff, and keeps the policies; drift is any change after a refresh", () => {
  const args = (file: string) =>
    workflows.find((each) => each.file === file)?.jobs[file.replace(".yml", "")]?.steps.at(-1)?.with;
  expect(args("preview.yml")).toMatchObject({ "comment-on-pr": true, diff: true, policyPacks: "policy" });
  expect(args("drift.yml")).toMatchObject({ refresh: true, "expect-no-changes": true });
});
