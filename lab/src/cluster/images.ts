/** Images that no registry has to be asked for: built from the toolchain's binaries, imported into every node. */
import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { copyFile, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { containerdSocket, nodeDir } from "./node.ts";
import { chosenMetallb } from "./metallb.ts";
import { cacheDir } from "../paths.ts";
import { run } from "../machine/run.ts";
import { clusterNodes } from "../settings.ts";
import type { Step } from "../machine/steps.ts";

interface Image {
  /** The name under which pods ask for it. */
  readonly reference: string;
  /** Path in the image → file of this machine. */
  readonly files: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  /** Commands of busybox, as links in /bin. */
  readonly links?: readonly string[];
}

const BUSYBOX = "/bin/busybox";
const CURL = "/usr/bin/curl";

/** What test pods run: a shell, small network tools and curl. */
export const toolsImage = "localhost/lab-tools:1";

/** The real names where a chart or containerd asks for them, so that their defaults hold in the lab too. */
async function images(): Promise<Image[]> {
  const metallb = await chosenMetallb();
  const commands = (await run(["busybox", "--list"])).trim().split("\n");
  const libraries = sharedLibraries(await run(["ldd", CURL]));
  return [
    {
      reference: "registry.k8s.io/pause:3.10",
      files: { [BUSYBOX]: BUSYBOX },
      entrypoint: [BUSYBOX, "sleep", "infinity"],
    },
    ...["controller", "speaker"].map((name) => ({
      reference: `quay.io/metallb/${name}:v${metallb.version}`,
      files: { [`/${name}`]: metallb.binary(name) },
      entrypoint: [`/${name}`],
    })),
    {
      reference: toolsImage,
      files: Object.fromEntries([BUSYBOX, CURL, ...libraries].map((file) => [file, file])),
      // Debian's busybox-static crashes where a static glibc resolves a name, so curl stands in for its wget.
      links: commands.filter((command) => command !== "busybox" && command !== "wget"),
    },
  ];
}

/** The files that `ldd` names, the loader included. */
export function sharedLibraries(ldd: string): string[] {
  return ldd.split("\n").flatMap((line) => /(?:=>\s+|^\s+)(\/\S+)\s+\(/.exec(line)?.[1] ?? []);
}

/** Builds what the cache lacks; resolves to reference → archive. */
export async function buildImages(step: Step): Promise<Map<string, string>> {
  const archives = new Map<string, string>();
  for (const image of await images()) {
    const archive = join(cacheDir, "images", `${imageKey(image)}.tar`);
    if (!existsSync(archive)) {
      step.progress(`building ${image.reference}`);
      await build(image, archive, step);
    }
    archives.set(image.reference, archive);
  }
  return archives;
}

/** Imports into each node's containerd what it does not have in just this build. */
export async function importImages(archives: ReadonlyMap<string, string>, step: Step): Promise<void> {
  await Promise.all(
    (await clusterNodes()).map(async ({ name }) => {
      const ctr = ["ctr", "--address", containerdSocket(name), "--namespace", "k8s.io", "images"] as const;
      const present = new Set((await step.run([...ctr, "list", "--quiet"])).split("\n"));
      const importedFile = join(nodeDir(name), "imported-images.json");
      const imported = await readFile(importedFile, "utf8").then(
        (text) => JSON.parse(text) as Record<string, string>,
        (): Record<string, string> => ({}),
      );
      for (const [reference, archive] of archives) {
        if (present.has(reference) && imported[reference] === archive) continue;
        step.progress(`${name}: importing ${reference}`);
        await step.run([...ctr, "import", archive]);
        imported[reference] = archive;
        await writeFile(importedFile, JSON.stringify(imported));
      }
    }),
  );
}

function imageKey(image: Image): string {
  const files = Object.values(image.files).map((file) => {
    const { size, mtimeMs } = statSync(file);
    return [size, mtimeMs];
  });
  return createHash("sha256")
    .update(JSON.stringify([image, files]))
    .digest("hex")
    .slice(0, 16);
}

async function build(image: Image, archive: string, step: Step): Promise<void> {
  const work = `${archive}.${process.pid}.part`;
  await rm(work, { recursive: true, force: true });
  const root = join(work, "root");
  await mkdir(join(root, "bin"), { recursive: true });
  await mkdir(join(root, "tmp"), { mode: 0o1777 });
  for (const [target, source] of Object.entries(image.files)) {
    await mkdir(dirname(join(root, target)), { recursive: true });
    await copyFile(source, join(root, target));
  }
  for (const link of image.links ?? []) await symlink("busybox", join(root, "bin", link));
  const storage = ["--root", join(work, "storage"), "--runroot", join(work, "run")];
  const env = { STORAGE_DRIVER: "vfs", BUILDAH_ISOLATION: "chroot" };
  const buildah = async (...args: string[]) => (await step.run(["buildah", ...storage, ...args], { env })).trim();
  const container = await buildah("from", "scratch");
  await buildah("copy", "--quiet", container, root, "/");
  await buildah("config", "--label", "io.esddns.lab=built by the lab", container);
  if (image.entrypoint !== undefined) {
    await buildah("config", "--entrypoint", JSON.stringify(image.entrypoint), container);
  }
  const file = join(work, "image.tar");
  await buildah("commit", "--quiet", container, `docker-archive:${file}:${image.reference}`);
  await rename(file, archive);
  await rm(work, { recursive: true });
}
