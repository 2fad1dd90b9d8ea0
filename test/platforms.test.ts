/** The machines that this project can be installed on, and the Node.js that runs it there. */
import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";

const root = join(import.meta.dirname, "..");
const strings = z.union([z.string(), z.array(z.string())]).transform((one) => [one].flat());
const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      optional: z.boolean().default(false),
      os: strings.optional(),
      cpu: strings.optional(),
      libc: strings.optional(),
    }),
  ),
});
const { packages } = lockfile.parse(JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "esddns-platforms-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe("the lockfile", () => {
  it("demands no package that only some machines can have: npm ci would end with EBADPLATFORM on the others", () => {
    const bound = Object.entries(packages).filter(([, { os, cpu, libc }]) => os ?? cpu ?? libc);
    expect(bound.length).toBeGreaterThan(10);
    expect(bound.filter(([, { optional }]) => !optional).map(([path]) => path)).toEqual([]);
  });

  it("pins one Node.js for Linux on x64 and on arm64, by its content", () => {
    const nodes = ["x64", "arm64"].map((cpu) => ({ cpu, entry: packages[`node_modules/node-linux-${cpu}`] }));
    for (const { cpu, entry } of nodes) {
      expect(entry).toMatchObject({
        os: ["linux"],
        cpu: [cpu],
        integrity: expect.stringMatching(/^sha512-/) as string,
      });
    }
    expect(new Set(nodes.map(({ entry }) => entry?.version)).size).toBe(1);
  });

  it("names no download address, so that every mirror of the registry will do", () => {
    const addresses = Object.values(packages).flatMap(({ resolved }) => resolved ?? []);
    expect(addresses.filter((address) => address.includes("://"))).toEqual([]);
  });
});

it("checks every text out with LF, on Windows too: sh cannot run lab/bootstrap.sh otherwise", async () => {
  const attributes = await start("git", ["-C", root, "check-attr", "eol", "--", "lab/bootstrap.sh"], {});
  expect(attributes).toMatchObject({ status: 0, stdout: "lab/bootstrap.sh: eol: lf\n" });
});

describe("npm ci", () => {
  it.each([
    ["darwin", "arm64"],
    ["win32", "x64"],
    ["linux", "arm64"],
  ])("finds a set of packages for %s %s", { timeout: 120_000 }, async (platform, arch) => {
    const workspaces = Object.keys(packages).filter((path) => !path.includes("node_modules"));
    expect(workspaces).toContain("infra");
    const manifests = workspaces.map((of) => join(of, "package.json"));
    for (const file of ["package-lock.json", ".npmrc", ...manifests]) {
      await mkdir(dirname(join(dir, file)), { recursive: true });
      await cp(join(root, file), join(dir, file));
    }
    const set = (name: string, value: string) => `Object.defineProperty(process, "${name}", { value: "${value}" });`;
    await writeFile(join(dir, "elsewhere.cjs"), set("platform", platform) + set("arch", arch));
    const elsewhere = `--require ${JSON.stringify(join(dir, "elsewhere.cjs"))}`;
    const ended = await start("npm", ["ci", "--dry-run", "--offline"], { NODE_OPTIONS: elsewhere });
    expect(ended).toMatchObject({ status: 0, stderr: "" });
  });

  it("says why it fails", { timeout: 60_000 }, async () => {
    await cp(join(root, ".npmrc"), join(dir, ".npmrc"));
    await writeFile(join(dir, "package.json"), "{}");
    const { status, stderr } = await start("env", ["-u", "npm_config_loglevel", "npm", "ci", "--offline"], {});
    expect(status).not.toBe(0);
    expect(stderr).toContain("package-lock.json");
  });
});

describe("lab/bootstrap.sh", () => {
  /** A program that says its name and its arguments, as a Node.js of one version. */
  async function node(folder: string, name: string, version: string): Promise<void> {
    const file = join(dir, folder, "node");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `#!/bin/sh\n[ "$1" = --version ] && echo ${version} || echo "${name} $*"\n`);
    await chmod(file, 0o755);
  }

  /** Runs it in a checkout whose dependencies are installed. */
  function bootstrap(...args: string[]) {
    return start("sh", [join(dir, "lab/bootstrap.sh"), ...args], {
      PATH: [join(dir, "own"), "/usr/bin", "/bin"].join(delimiter),
    });
  }

  beforeEach(async () => {
    await mkdir(join(dir, "node_modules/.bin"), { recursive: true });
    await cp(join(root, "lab/bootstrap.sh"), join(dir, "lab/bootstrap.sh"));
    for (const file of ["package-lock.json", "node_modules/.esddns-lockfile"]) await writeFile(join(dir, file), "{}");
  });

  it("takes the Node.js that came with the dependencies, whatever the machine has", async () => {
    await node("own", "own", "v18.0.0");
    await node("node_modules/.bin", "packaged", "v24.21.0");
    expect(await bootstrap("a.ts", "b c")).toEqual({ status: 0, stdout: "packaged a.ts b c\n", stderr: "" });
  });

  it("takes the machine's own where none came with them", async () => {
    await node("own", "own", "v22.19.0");
    expect(await bootstrap("a.ts")).toEqual({ status: 0, stdout: "own a.ts\n", stderr: "" });
  });

  it("takes the machine's own where the packaged one cannot start, as on Alpine Linux", async () => {
    await node("own", "own", "v24.0.0");
    await writeFile(join(dir, "node_modules/.bin/node"), "#!/no/such/loader\n", { mode: 0o755 });
    expect(await bootstrap("a.ts")).toEqual({ status: 0, stdout: "own a.ts\n", stderr: "" });
  });

  it.each(["v22.18.9", "v20.20.2", "v9.0.0"])("says in one line that %s is too old", async (version) => {
    await node("own", "own", version);
    const { status, stdout, stderr } = await bootstrap("a.ts");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(
      new RegExp(`^Node\\.js 22\\.19 or newer is needed .*${version.replaceAll(".", "\\.")}\\..*\\n$`),
    );
  });

  it("asks for the version that package.json names", async () => {
    const { engines } = z
      .object({ engines: z.object({ node: z.string() }) })
      .parse(JSON.parse(await readFile(join(root, "package.json"), "utf8")));
    expect(engines.node).toBe(">=22.19");
  });
});

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function start(file: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd: dir, env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
