/** MetalLB's Helm chart, packaged from the Go module that the binaries are built from. */
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "./paths.ts";
import { run } from "./run.ts";
import { binary, moduleDir, toolVersion } from "./toolchain.ts";

/** Path of the chart's archive, as `helm pull` would have fetched it; packaged on first use. */
export async function chartArchive(): Promise<string> {
  const appVersion = await toolVersion("metallb");
  const version = appVersion.replace(/^v/, "");
  const charts = join(cacheDir, "charts");
  const archive = join(charts, `metallb-${version}.tgz`);
  if (existsSync(archive)) return archive;
  const source = join(await moduleDir("metallb", "go.universe.tf/metallb"), "charts", "metallb");
  const temporary = join(charts, `.part-${process.pid}`);
  await mkdir(temporary, { recursive: true });
  const versions = ["--version", version, "--app-version", appVersion];
  await run([binary("helm"), "package", source, ...versions, "--destination", temporary]);
  await rename(join(temporary, `metallb-${version}.tgz`), archive);
  await rm(temporary, { recursive: true });
  return archive;
}
