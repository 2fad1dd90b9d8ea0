/** What the program says when a write has failed: it repeats what the cluster says, which may be encrypted config. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as Pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Messages } from "../config/messages.ts";
import { rolloutDiagnosis } from "../esddns/rollout.ts";
import { Cluster } from "../kubernetes/cluster.ts";
import { releaseTakeOver } from "../metallb/takeOver.ts";
import { ownershipGuard } from "../ownership.ts";

type Hook = (args: object) => Promise<unknown>;

const said = vi.hoisted(() => ({ all: [] as string[] }));
vi.mock("@pulumi/pulumi", async (original) => {
  const pulumi = await original<typeof Pulumi>();
  const say = (text: string) => Promise.resolve(void said.all.push(text));
  // The real ones want an engine.
  class HeldHook {
    readonly callback: Hook;
    constructor(_name: string, callback: Hook) {
      this.callback = callback;
    }
  }
  const log = { ...pulumi.log, error: say, warn: say, info: say };
  return { ...pulumi, log, ErrorHook: HeldHook, ResourceHook: HeldHook };
});

const SECRET = "registry.marker.example";
const messages = new Messages([SECRET]);
let dir: string;

beforeEach(async () => {
  said.all.length = 0;
  dir = await mkdtemp(join(tmpdir(), "esddns-kubectl-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

async function kubectl(script: string): Promise<void> {
  const program = join(dir, "kubectl");
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  vi.stubEnv("KUBECTL", program);
}

const run = (hook: object, args: object) => (hook as { callback: Hook }).callback(args);

it("does not repeat encrypted config with the reason why a pod does not start", async () => {
  const waiting = { reason: "ImagePullBackOff", message: `Back-off pulling image ${SECRET}/x` };
  const status = { containerStatuses: [{ state: { waiting } }] };
  await kubectl(`echo '${JSON.stringify({ items: [{ metadata: { name: "a" }, spec: {}, status }] })}'`);
  await run(rolloutDiagnosis("x", "home", "esddns-operator", messages), {});
  expect(said.all).toEqual([expect.stringContaining("Back-off pulling image [secret]/x")]);
});

it("nor with the reason why Helm's record could not be deleted", async () => {
  await kubectl(`case "$*" in *delete*) echo "cannot reach ${SECRET}" >&2; exit 1;; *) echo '{"items":[]}';; esac`);
  const errors = ["cannot re-use a name that is still in use"];
  await run(releaseTakeOver("x", "metallb-system", "home", messages), { errors });
  expect(said.all).toEqual([expect.stringContaining("cannot reach [secret]")]);
});

it("nor with the reason why nobody can look whose an object is", async () => {
  await kubectl(`echo "cannot reach ${SECRET}" >&2; exit 1`);
  const owner = { namespace: "home", stackId: "esddns/home", metallbNamespace: "metallb-system", takeOver: false };
  const guarded = ownershipGuard(
    new Cluster({}),
    owner,
    messages,
  )({
    ...{ type: "kubernetes:core/v1:Namespace", name: "x", props: {}, opts: {} },
    resource: undefined as never,
  });
  const [hook = {}] = (guarded?.opts.hooks?.beforeCreate ?? []) as object[];
  const newInputs = { apiVersion: "v1", kind: "Namespace", metadata: { name: "metallb-system" } };
  await expect(run(hook, { newInputs })).rejects.toThrow(/could not be looked up: cannot reach \[secret\]$/);
});
