import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { z } from "zod";
import { Cluster } from "./cluster.ts";

let dir: string | undefined;

afterEach(async () => {
  vi.unstubAllEnvs();
  if (dir !== undefined) await rm(dir, { recursive: true, force: true });
});

/** Installs a kubectl that prints this text and ends with this status. */
async function kubectl(stdout: string, stderr = "", status = 0): Promise<void> {
  dir = await mkdtemp(join(tmpdir(), "esddns-kubectl-"));
  const program = join(dir, "kubectl");
  const print = (text: string, to: string) => `printf %s '${text}' >&${to}\n`;
  await writeFile(program, `#!/bin/sh\n${print(stdout, "1")}${print(stderr, "2")}exit ${status}\n`);
  await chmod(program, 0o755);
  vi.stubEnv("KUBECTL", program);
}

const get = () => new Cluster({}).get("/api/v1/nodes", z.object({ items: z.array(z.unknown()) }));

it("reads an object", async () => {
  await kubectl('{"items":[]}');
  expect(await get()).toEqual({ read: true, value: { items: [] } });
});

it.each([
  ["a login page", "<!DOCTYPE html>\n<html>", 'printed "<!DOCTYPE html>" where JSON was due'],
  ["a banner before the answer", 'Welcome!\n{"items":[]}', 'printed "Welcome!" where JSON was due'],
  ["nothing", "", "printed nothing where JSON was due"],
])("says so where kubectl prints %s, and does not end in a stack trace", async (_, stdout, why) => {
  await kubectl(stdout);
  const found = await get();
  expect(found).toMatchObject({ read: false, reason: "Failed", why: expect.stringContaining(why) as string });
});

it("tells what is absent from what may not be read", async () => {
  await kubectl("", "Error from server (NotFound): nodes not found", 1);
  expect(await get()).toMatchObject({ read: false, reason: "NotFound" });
  await kubectl("", "Error from server (Forbidden): nodes is forbidden", 1);
  expect(await get()).toMatchObject({ read: false, reason: "Forbidden" });
});

it("says what to install where there is no kubectl", async () => {
  vi.stubEnv("KUBECTL", "/nonexistent/kubectl");
  const why = "/nonexistent/kubectl is not on the PATH. Install kubectl (https://kubernetes.io/docs/tasks/tools/)";
  expect(await get()).toMatchObject({ read: false, reason: "Failed", why: expect.stringContaining(why) as string });
});

it.each([
  ["~/.kube/home.yaml", join(homedir(), ".kube/home.yaml")],
  ["/etc/~/config", "/etc/~/config"],
])("reads the kubeconfig %s where the provider does", async (kubeconfig, file) => {
  await kubectl("");
  const program = process.env["KUBECTL"] ?? "";
  await writeFile(program, `#!/bin/sh\nprintf '{"file":"%s"}' "$2"\n`);
  const found = await new Cluster({ kubeconfig }).get("/version", z.object({ file: z.string() }));
  expect(found).toEqual({ read: true, value: { file } });
});
