import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildah } from "./buildah.ts";
import type { Builder } from "./builder.ts";
import { accessTo } from "./containerd.ts";
import { deliver, hideDelivery, order } from "./deliver.ts";
import { docker } from "./docker.ts";

const DIGEST = `sha256:${"d".repeat(64)}`;
const TAG = "c".repeat(64);

let dir: string;
let path: string | undefined;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "esddns-deliver-"));
  path = process.env["PATH"];
  process.env["PATH"] = `${dir}:${path ?? ""}`;
});
afterEach(async () => {
  process.env["PATH"] = path;
  await rm(dir, { recursive: true });
});

/** Installs a program that records how it was called. `script` may do more. */
async function program(name: string, script = ""): Promise<void> {
  const file = join(dir, name);
  await writeFile(file, `#!/bin/sh\necho "${name} $*" >> ${dir}/calls\n${script}\n`);
  await chmod(file, 0o755);
}

const calls = () => readFile(join(dir, "calls"), "utf8");
const quiet = () => undefined;
const source = { context: "context", containerfile: "Containerfile" };

it.each([
  ["buildah", buildah, `while [ $# -gt 0 ]; do [ "$1" = --digestfile ] && echo ${DIGEST} > "$2"; shift; done`],
  ["docker", docker, `[ "$1" = image ] && echo '["other@sha256:0","registry.example.com/esddns@${DIGEST}"]'; true`],
] as const)("%s pushes to a registry, and the nodes are told the digest that is there", async (name, make, script) => {
  await program(name, script);
  const delivery = { registry: "registry.example.com/esddns" };
  expect(await deliver(make(dir, source), delivery, TAG, quiet)).toBe(DIGEST);
  expect(await calls()).toContain(`registry.example.com/esddns:${TAG}`);
});

describe("a command of the user's", () => {
  const builder = { dockerArchive: () => Promise.resolve("/tmp/image.tar") } as unknown as Builder;

  it("loads the archive, under a name that only this content has", async () => {
    await program("kind");
    const loadCommand: [string, ...string[]] = ["kind", "load", "image-archive", "{archive}", "--for", "{image}"];
    expect(await deliver(builder, { loadCommand }, TAG, quiet)).toBe(`localhost/esddns:${TAG}`);
    expect(await calls()).toBe(`kind load image-archive /tmp/image.tar --for localhost/esddns:${TAG}\n`);
  });

  it("that is missing or fails says so", async () => {
    await expect(deliver(builder, { loadCommand: ["no-such-loader", "{archive}"] }, TAG, quiet)).rejects.toThrow(
      "no-such-loader is not installed here. It is the first word of esddns:image.loadCommand",
    );
    await program("loader", "echo no cluster of that name >&2; exit 3");
    await expect(deliver(builder, { loadCommand: ["loader", "{archive}"] }, TAG, quiet)).rejects.toThrow(
      /loader .*failed \(3\):\nno cluster of that name/,
    );
  });
});

it("reaches containerd here and elsewhere, k3s by its own ctr", () => {
  const rest = (socket: string) => ["--address", socket, "--namespace", "k8s.io", "images"];
  const [plain, k3s] = ["/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock"];
  expect(accessTo(plain)).toEqual({ program: "ctr", args: rest(plain), local: plain });
  expect(accessTo(k3s)).toEqual({ program: "k3s", args: ["ctr", ...rest(k3s)], local: k3s });
  expect(accessTo(`ssh://root@node2${k3s}`)).toEqual({
    program: "ssh",
    args: ["-o", "BatchMode=yes", "root@node2", "--", "k3s", "ctr", ...rest(k3s)],
    local: undefined,
  });
});

it("gives a node at the other end of ssh the archive through its input, and looks whether it is there", async () => {
  await writeFile(join(dir, "image.tar"), "the archive");
  await program("ssh", `case "$*" in *import*) cat > ${dir}/received;; *) echo localhost/esddns@${DIGEST};; esac`);
  const image = { archive: join(dir, "image.tar"), digest: DIGEST };
  const builder = { ociArchive: () => Promise.resolve(image) } as unknown as Builder;
  const delivery = { containerd: ["ssh://node2/run/containerd/containerd.sock"] };
  expect(await deliver(builder, delivery, TAG, quiet)).toBe(`localhost/esddns@${DIGEST}`);
  expect(await readFile(join(dir, "received"), "utf8")).toBe("the archive");
});

it("says what to install where the builder is missing", async () => {
  process.env["PATH"] = dir;
  for (const make of [buildah, docker])
    await expect(make(dir, source).ociArchive()).rejects.toThrow(/is not installed here\. Install .*reference/);
});

it.each([
  [{ registry: "registry.example.com:5000/home/esddns" }, "denied: registry.example.com:5000 (home/esddns)"],
  [{ registry: "registry.example.com/esddns" }, `pushed ${DIGEST} to registry.example.com/esddns`],
  [{ loadCommand: ["load-into", "host7", "{archive}"] }, "load-into host7 failed (1)"],
  [{ containerd: ["/run/host7.sock"] }, `loaded ${DIGEST} into /run/host7.sock`],
])("prints nothing of an encrypted delivery: %j", (delivery, text) => {
  const parsed = order.parse({ builder: "docker", tag: TAG, delivery, secret: true });
  const shown = hideDelivery(text, parsed.delivery);
  expect(shown).toContain("[secret]");
  expect(shown).not.toMatch(/example|load-into|host7/);
});
