/** Who may write which observation: asked of the lab's API server with the operator's own tokens. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, lab, labJson } from "./lab.ts";
import type { CommandResult } from "./lab.ts";

const namespace = "esddns-development";
const account = "esddns-operator";
let dir = "";

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "esddns-admission-"));
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

test("a pod may write the observation of its own node", async () => {
  const kubeconfig = await operatorOf("node1");
  await eventually(async () => {
    const written = await write("node1", kubeconfig);
    expect(written.status, written.stderr).toBe(0);
  });
});

test("a pod may not write the observation of another node", async () => {
  const written = await write("node2", await operatorOf("node1"));
  expect(written.status).not.toBe(0);
  expect(written.stderr).toContain("a pod on node1 may not write the WanObservation of node2");
});

test("a token of the operator's account that belongs to no pod writes none", async () => {
  const written = await write("node1", await kubeconfigWith("unbound", []));
  expect(written.status).not.toBe(0);
  expect(written.stderr).toContain("a pod on no node may not write the WanObservation of node1");
});

/** A write that the API server judges as any other and then does not keep. */
function write(node: string, kubeconfig: string): Promise<CommandResult> {
  const patch = JSON.stringify({ metadata: { annotations: { "esddns.io/test": "written" } } });
  const args = ["-n", namespace, "patch", "wanobservation", node, "--type=merge", "--dry-run=server", "-p", patch];
  return lab(["kubectl", "--kubeconfig", kubeconfig, ...args]);
}

/** The rights of the operator's pod on a node: the same kind of token as the one mounted there. */
async function operatorOf(node: string): Promise<string> {
  const pods = await labJson<{ items: { metadata: { name: string; uid: string } }[] }>(
    ...["kubectl", "get", "pods", "-n", namespace, "-l", "app=esddns-operator", "-o", "json"],
    ...["--field-selector", `spec.nodeName=${node}`],
  );
  const { name, uid } = pods.items[0]?.metadata ?? {};
  if (name === undefined || uid === undefined) throw new Error(`no pod of the operator on ${node}`);
  return kubeconfigWith(node, ["--bound-object-kind=Pod", `--bound-object-name=${name}`, `--bound-object-uid=${uid}`]);
}

async function kubeconfigWith(file: string, binding: readonly string[]): Promise<string> {
  const token = await lab(["kubectl", "create", "token", account, "-n", namespace, "--duration=10m", ...binding]);
  expect(token.status, token.stderr).toBe(0);
  const admin = await labJson<{ clusters: { name: string }[] }>(
    ...["kubectl", "config", "view", "--raw", "--minify", "--flatten", "-o", "json"],
  );
  const cluster = admin.clusters[0]?.name;
  const path = join(dir, file);
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: admin.clusters,
    users: [{ name: account, user: { token: token.stdout.trim() } }],
    contexts: [{ name: account, context: { cluster, user: account } }],
    "current-context": account,
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}
