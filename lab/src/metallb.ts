/** Which MetalLB the lab runs: the versions that lab/toolchain pins, and the chart of each. */
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "./errors.ts";
import { cacheDir } from "./paths.ts";
import { run } from "./run.ts";
import { readSettings } from "./settings.ts";
import { binary, moduleDir, toolVersion } from "./toolchain.ts";

export interface MetalLB {
  /** For instance 0.15.3. */
  readonly version: string;
  /** The folder in lab/toolchain. */
  readonly tool: string;
  /** Of the controller or the speaker, once the toolchain is there. */
  readonly binary: (name: string) => string;
}

/** The first is what the lab runs where nothing else is asked for, and what the project installs by default. */
const toolNames = ["metallb", "metallb-next", "metallb-older"];

/** What was asked for last, by `npm run lab -- --metallb VERSION`. */
export async function chosenMetallb(): Promise<MetalLB> {
  return metallbOf((await readSettings()).metallb);
}

/** @throws {UsageError} that names the versions, for another one. */
export async function metallbOf(version: string | undefined): Promise<MetalLB> {
  const known = await Promise.all(
    toolNames.map(async (tool) => ({
      version: (await toolVersion(tool)).replace(/^v/, ""),
      tool,
      binary: (name: string) => binary(name, tool),
    })),
  );
  const chosen = version === undefined ? known[0] : known.find((each) => each.version === version.replace(/^v/, ""));
  if (chosen !== undefined) return chosen;
  const versions = known.map((each) => each.version).join(", ");
  throw new UsageError(
    `the lab has no MetalLB ${version ?? ""}; there are ${versions}`,
    "lab/toolchain/metallb*/go.mod",
  );
}

/** Path of the chart's archive, as `helm pull` would have fetched it; packaged from the Go module on first use. */
export async function chartArchive({ version, tool }: MetalLB): Promise<string> {
  const charts = join(cacheDir, "charts");
  const archive = join(charts, `metallb-${version}.tgz`);
  if (existsSync(archive)) return archive;
  const source = join(await moduleDir(tool, "go.universe.tf/metallb"), "charts", "metallb");
  const temporary = join(charts, `.part-${process.pid}`);
  await mkdir(temporary, { recursive: true });
  const versions = ["--version", version, "--app-version", `v${version}`];
  await run([binary("helm"), "package", source, ...versions, "--destination", temporary]);
  await rename(join(temporary, `metallb-${version}.tgz`), archive);
  await rm(temporary, { recursive: true });
  return archive;
}
