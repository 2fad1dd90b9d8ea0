/**
 * Builds Kubernetes, Pulumi, MetalLB, Helm and the tests' tools from the Go modules that lab/toolchain pins. Each has a
 * small go.mod of its own, because their dependency graphs do not fit together. The binaries stay in the cache for
 * every checkout and every run.
 */
import { createHash } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../errors.ts";
import { binDir, cacheDir, projectDir } from "../paths.ts";
import { run } from "../machine/run.ts";
import type { Step } from "../machine/steps.ts";

interface Tool {
  /** Its folder in lab/toolchain. */
  readonly name: string;
  /** The module whose version the binaries carry. */
  readonly module: string;
  readonly ldflags: (version: string) => readonly string[];
  /** Built only on demand. Its binaries have a folder of their own, because other binaries may have the same names. */
  readonly onDemand?: true;
}

const K8S_VERSION = "k8s.io/component-base/version";

const kubernetes = {
  module: "k8s.io/kubernetes",
  ldflags: (version: string) => {
    const [major = "", minor = ""] = version.replace(/^v/, "").split(".");
    const values = { gitVersion: version, gitMajor: major, gitMinor: minor };
    return Object.entries(values).map(([name, value]) => `-X ${K8S_VERSION}.${name}=${value}`);
  },
};

export const tools: readonly Tool[] = [
  { ...kubernetes, name: "kubernetes" },
  // The oldest version that the product supports, and the newest that existed.
  { ...kubernetes, name: "kubernetes-oldest", onDemand: true },
  { ...kubernetes, name: "kubernetes-newest", onDemand: true },
  {
    name: "pulumi",
    module: "github.com/pulumi/pulumi/pkg/v3",
    ldflags: (version) => [`-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`],
  },
  { name: "metallb", module: "go.universe.tf/metallb", ldflags: () => [] },
  { name: "metallb-next", module: "go.universe.tf/metallb", ldflags: () => [], onDemand: true },
  // The last version that reads only the annotations that begin with metallb.universe.tf/.
  { name: "metallb-older", module: "go.universe.tf/metallb", ldflags: () => [], onDemand: true },
  { name: "helm", module: "helm.sh/helm/v3", ldflags: () => [] },
  // Not for the lab itself: tests run the program with the real plugin, and check manifests.
  {
    name: "pulumi-kubernetes",
    module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
    ldflags: () => [],
    onDemand: true,
  },
  { name: "kubeconform", module: "github.com/yannh/kubeconform", ldflags: () => [], onDemand: true },
];

/**
 * Builds what the cache does not have. Afterwards the tools' binaries are in `binDir`. `demanded` names tools that are
 * built only on demand.
 */
export async function ensureToolchain(step: Step, demanded: readonly string[] = []): Promise<void> {
  const go = await goVersion();
  let built = 0;
  const needed = tools.filter(({ name, onDemand }) => onDemand !== true || demanded.includes(name));
  const queue = needed.values();
  const builder = async () => {
    for (const tool of queue) if (await ensureTool(tool, go, step)) built++;
  };
  // Two at a time: while one downloads, links or waits for its longest package, the other uses the processor.
  await Promise.all([builder(), builder()]);
  if (built === 0) step.progress(`all ${needed.length} tools are in ${cacheDir}`);
}

/** Builds a missing tool that is not part of the lab. Resolves to the folder of its binaries. */
export async function demandTool(name: string, progress: (text: string) => void = () => undefined): Promise<string> {
  const tool = toolNamed(name);
  await ensureTool(tool, await goVersion(), { progress, run });
  return folderOf(tool);
}

/**
 * Returns the file behind a name in `binDir`, or in the folder of a tool built on demand. Its path changes with the
 * version, so a process started from another path is known to be old.
 */
export function binary(name: string, toolName?: string): string {
  return realpathSync(join(toolName === undefined ? binDir : folderOf(toolNamed(toolName)), name));
}

/** Returns the folder of the module at the version that lab/toolchain pins. Downloads it if it is missing. */
export async function moduleDir(toolName: string, module: string): Promise<string> {
  const options = { cwd: toolDir(toolName), env: goEnv };
  const { Dir } = JSON.parse(await run(["go", "mod", "download", "-json", module], options)) as { Dir: string };
  return Dir;
}

/** Returns the version of a module that a go.mod requires. */
export function requiredVersion(goMod: string, module: string): string {
  const line = goMod
    .split("\n")
    .map((text) => text.trim().replace(/^require\s+/, ""))
    .find((text) => text.startsWith(`${module} `));
  const version = line?.split(/\s+/)[1];
  if (version === undefined) throw new Error(`go.mod does not require ${module}`);
  return version;
}

export async function toolVersion(toolName: string): Promise<string> {
  const tool = toolNamed(toolName);
  return requiredVersion(await readFile(join(toolDir(tool.name), "go.mod"), "utf8"), tool.module);
}

/** Returns a hash of everything that decides the build's result: two checkouts with the same key share the binaries. */
export function cacheKey(inputs: {
  goMod: string;
  goSum: string;
  flags: readonly string[];
  goVersion: string;
  /** Contents of the Go files beside the go.mod, which replace modules that cannot be downloaded. */
  sources?: readonly string[];
}): string {
  const hash = createHash("sha256");
  const { goMod, goSum, flags, goVersion, sources = [] } = inputs;
  for (const part of [goMod, goSum, flags.join("\n"), goVersion, ...sources]) {
    hash.update(`${part.length}:`).update(part);
  }
  return hash.digest("hex").slice(0, 16);
}

function toolNamed(name: string): Tool {
  const tool = tools.find((each) => each.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return tool;
}

function toolDir(name: string): string {
  return join(projectDir, "lab", "toolchain", name);
}

const goEnv = {
  CGO_ENABLED: "0",
  GOTOOLCHAIN: "local",
  GOWORK: "off",
  GOFLAGS: "-mod=readonly -buildvcs=false",
  // Memory for time: the compiler's processes are short-lived, and spend much of their life collecting garbage. Below
  // this limit none of them collects any.
  GOGC: "off",
  GOMEMLIMIT: "2GiB",
};

async function goVersion(): Promise<string> {
  return run(["go", "version"], { env: goEnv }).catch((cause: unknown) => {
    throw new LabError("Go is not on this machine's PATH.", {
      cause,
      hint: "lab/toolchain/*/go.mod name the oldest version that will do",
    });
  });
}

async function goSources(dir: string): Promise<string[]> {
  const files = (await readdir(dir, { recursive: true })).filter((file) => /(\.go|\/go\.mod)$/.test(file)).sort();
  return Promise.all(files.map((file) => readFile(join(dir, file), "utf8")));
}

/**
 * Builds a tool if it is missing.
 * @returns whether it had to be built.
 */
async function ensureTool(tool: Tool, go: string, step: Pick<Step, "run" | "progress">): Promise<boolean> {
  const dir = toolDir(tool.name);
  const [goMod, goSum, sources] = await Promise.all([
    readFile(join(dir, "go.mod"), "utf8"),
    readFile(join(dir, "go.sum"), "utf8"),
    goSources(dir),
  ]);
  const ldflags = ["-s", "-w", ...tool.ldflags(requiredVersion(goMod, tool.module))].join(" ");
  // The linker removes what a debugger would read, so the compiler need not create it.
  const flags = ["-trimpath", "-gcflags=all=-dwarf=false", "-ldflags", ldflags];
  const target = join(
    cacheDir,
    "toolchain",
    `${tool.name}-${cacheKey({ goMod, goSum, flags, goVersion: go, sources })}`,
  );
  const missing = !existsSync(target);
  if (missing) await build(tool, flags, target, step);
  await link(target, folderOf(tool));
  return missing;
}

async function build(
  tool: Tool,
  flags: readonly string[],
  target: string,
  step: Pick<Step, "run" | "progress">,
): Promise<void> {
  const options = { cwd: toolDir(tool.name), env: goEnv };
  await mkdir(join(cacheDir, "toolchain"), { recursive: true });
  step.progress(`${tool.name}: downloading its modules`);
  const packages = (await step.run(["go", "list", "-deps", "tool"], options)).split("\n").length;
  let compiled = 0;
  const progress = setInterval(() => {
    step.progress(`${tool.name}: ${compiled === 0 ? "linking" : `${compiled} of ${packages} packages compiled`}`);
  }, 15_000);
  step.progress(`${tool.name}: compiling`);
  const part = `${target}.part`;
  try {
    // The lock makes a second run wait instead of building the same. Only a complete folder gets the final name.
    const script = `[ -d "$1" ] && exit; rm -rf "$2"; mkdir "$2"; out=$1 part=$2; shift 2; "$@"; mv "$part" "$out"`;
    const go = ["go", "build", "-v", ...flags, "-o", `${part}/`, "tool"];
    await step.run(["flock", `${target}.lock`, "sh", "-euc", script, "sh", target, part, ...go], {
      ...options,
      onLine: () => compiled++,
    });
  } finally {
    clearInterval(progress);
  }
}

function folderOf({ name, onDemand }: Tool): string {
  return onDemand === true ? join(cacheDir, "on-demand", name) : binDir;
}

/** Points the folder to the binaries. Each link is replaced in one step, because another checkout may be using it. */
async function link(target: string, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const name of await readdir(target)) {
    const temporary = join(dir, `.${name}.${process.pid}`);
    await rm(temporary, { force: true });
    await symlink(join(target, name), temporary);
    await rename(temporary, join(dir, name));
  }
}
