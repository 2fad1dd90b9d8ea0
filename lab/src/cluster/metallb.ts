/** Which MetalLB the lab runs: the versions that lab/toolchain pins, and the chart of each. */
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "../paths.ts";
import { pinnedVersion, type Pinned } from "../toolchain/pinned.ts";
import { run } from "../machine/run.ts";
import { readSettings } from "../settings.ts";
import { binary, moduleDir } from "../toolchain/toolchain.ts";

/** What was asked for last, by `npm run lab -- --metallb VERSION`. */
export async function chosenMetallb(): Promise<Pinned> {
  return metallbOf((await readSettings()).metallb);
}

/** By default what the project installs by default. @throws {UsageError} that names the versions, for another one. */
export function metallbOf(version: string | undefined): Promise<Pinned> {
  return pinnedVersion("MetalLB", ["metallb", "metallb-next", "metallb-older"], version);
}

/** Path of the chart's archive, as `helm pull` would have fetched it; packaged from the Go module on first use. */
export async function chartArchive({ version, tool }: Pinned): Promise<string> {
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
