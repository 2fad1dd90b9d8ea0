/**
 * `npm test`: static checks, unit tests, then the end-to-end tests on the lab, which it starts when it is not running
 * (and then also stops again). `npm run check` runs the static checks alone. The last line is `N passed, N failed`.
 *
 * `npm run test:real-plugin`: the tests of the stack once more, with the real pulumi-kubernetes in place of its stand-in. It
 * is built on first use, which takes some minutes, and is older than the SDK that the program uses: so apart.
 *
 * `npm run test:kubernetes -- VERSION`: those that Kubernetes itself may decide, on another one, where the lab is down.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { z } from "zod";
import { demandTool } from "@esddns/lab";

interface Tally {
  passed: number;
  failed: number;
}

const houses = ["common", "infra", "operator", "lab", "pulumi-stand-ins", "policy", "bench", "test"];
const rooms = ["--config=rooms.config.js", "--output-type=err-long", ...houses];
const checks: readonly (readonly [name: string, ...command: string[]])[] = [
  ["types", "node_modules/typescript/bin/tsc", "-p", "tsconfig.json"],
  ["lint", "node_modules/eslint/bin/eslint.js", "--max-warnings=0", "."],
  ["format", "node_modules/prettier/bin/prettier.cjs", "--check", "--log-level=warn", "."],
  ["dead code", "node_modules/knip/bin/knip.js"],
  ["rooms", "node_modules/dependency-cruiser/bin/dependency-cruise.mjs", ...rooms],
];

const vitestReport = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
});

const onEveryKubernetes = ["product", "preview", "lifecycle", "admission", "metrics", "policy", "push"];
const ofTheStack = ["product", "preview", "metallb", "bgp", "stacks", "consumer", "lifecycle"];

const total = await runWhat(process.argv[2], process.argv[3]);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

async function runWhat(part: string | undefined, version: string | undefined): Promise<Tally> {
  if (part === "checks") return runChecks();
  if (part === "real-plugin") {
    heading("the real pulumi-kubernetes");
    const folder = await demandTool("pulumi-kubernetes", console.log);
    // The CLI and the lab prefer what is on PATH.
    process.env["PATH"] = [folder, process.env["PATH"]].join(delimiter);
    return runOnLab(["e2e"], ofTheStack);
  }
  if (part === "kubernetes") {
    if (version === undefined) throw new Error("which Kubernetes? npm run test:kubernetes -- VERSION");
    return runOnLab(["e2e"], onEveryKubernetes, ["--kubernetes", version]);
  }
  return [await runChecks(), await runVitest("unit"), await runOnLab(["browser", "e2e"])].reduce(add);
}

async function runChecks(): Promise<Tally> {
  let tally = none();
  for (const [name, ...command] of checks) {
    heading(name);
    tally = add(tally, verdict(name, await node(command)));
  }
  return tally;
}

/** Chromium is one of the packages that the lab installs. */
async function runOnLab(
  projects: readonly Project[],
  files: readonly string[] = [],
  choice: readonly string[] = [],
): Promise<Tally> {
  heading("lab");
  const wasRunning = (await node(["lab/src/main.ts", "status"], "ignore")) === 0;
  let tally = verdict("the lab comes up", await node(["lab/src/main.ts", "up", ...choice]));
  if (tally.failed === 0) for (const project of projects) tally = add(tally, await runVitest(project, files));
  return wasRunning ? tally : add(tally, verdict("the lab goes down", await node(["lab/src/main.ts", "down"])));
}

type Project = "unit" | "browser" | "e2e";

/** @param files what their paths contain; none: all of the project. */
async function runVitest(project: Project, files: readonly string[] = []): Promise<Tally> {
  heading(`${project} tests`);
  const dir = await mkdtemp(join(tmpdir(), "esddns-test-"));
  try {
    const file = join(dir, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const status = await node(["node_modules/vitest/vitest.mjs", "run", "--project", project, ...reporters, ...files]);
    return await readReport(file, status);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** A file that fails before its first test (an import, a hook) counts as one failure: it must not vanish. */
async function readReport(file: string, status: number): Promise<Tally> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    return { passed: 0, failed: 1 };
  }
  const report = vitestReport.parse(JSON.parse(text));
  const empty = report.testResults.filter((r) => r.status === "failed" && r.assertionResults.length === 0).length;
  const failed = report.numFailedTests + empty;
  return { passed: report.numPassedTests, failed: failed === 0 && status !== 0 ? 1 : failed };
}

function node(args: readonly string[], stdout: "inherit" | "ignore" = "inherit"): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", stdout, "inherit"] });
    child.on("error", reject);
    child.on("close", (code) => {
      resolve(code ?? 1);
    });
  });
}

function verdict(name: string, status: number): Tally {
  console.log(`${status === 0 ? "✓" : "✗"} ${name}`);
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

function heading(text: string): void {
  console.log(`\n── ${text}`);
}

function none(): Tally {
  return { passed: 0, failed: 0 };
}

function add(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}
