/**
 * Every recorded call on the real pulumi-kubernetes, made on the stand-in. The API server (testing/recordedCluster.ts)
 * says what it said then, so uids, resource versions, times and managed fields are the recorded ones.
 * Normalised: the random suffixes of field managers that are made in the call, and of automatic names.
 */
import { describe, expect, test } from "vitest";
import { RecordedCluster } from "../testing/recordedCluster.ts";
import { listeningHost, sleepingClock } from "../testing/fakes.ts";
import { errorText, recordedCalls, replay, titleOf } from "../testing/recording.ts";
import type { RecordedCall } from "../testing/recording.ts";
import { at, objectAt, stringAt } from "../shared/values.ts";
import type { JsonObject } from "../shared/values.ts";
import { Api } from "./api.ts";
import { liveOf } from "./checkpoint.ts";
import { HelmError } from "./helm/cli.ts";
import type { Helm } from "./helm/cli.ts";
import { kubernetesProvider } from "./provider.ts";

const calls = recordedCalls("kubernetes");
const replayed = ["Check", "CheckConfig", "Configure", "Create", "Delete", "Diff", "DiffConfig", "Read", "Update"];

test("the recording has calls of every kind", () => {
  expect(new Set(calls.map(({ method }) => method))).toEqual(
    new Set([...replayed, "Handshake", "GetPluginInfo", "Cancel"]),
  );
});

describe("answers as the real plugin did", () => {
  test.each(calls.filter(({ method }) => replayed.includes(method)).map((call) => ({ title: titleOf(call), call })))(
    "$title",
    async ({ call }) => {
      const { provider } = await setUp(call);
      const outcome = await replay(call, provider);
      const expected = errorText(call);
      if (expected === undefined) expect(outcome).toEqual({ response: normalize(call, call.response ?? {}) });
      else expect(outcome).toMatchObject({ error: expected });
    },
  );
});

describe("asks the API server as it should", () => {
  test("a create is a plain POST, so that an object that exists is an error", async () => {
    expect(await writesOf("02-up-create", "Create", "cm")).toEqual([
      expect.objectContaining({
        method: "POST",
        path: "/api/v1/namespaces/fx/configmaps",
        query: { fieldManager: "pulumi-kubernetes" },
      }),
    ]);
  });

  test("a preview of a create is a dry run", async () => {
    expect(await writesOf("01-preview-create", "Create", "ns")).toEqual([
      expect.objectContaining({ method: "POST", query: { fieldManager: "pulumi-kubernetes", dryRun: "All" } }),
    ]);
  });

  test("the first update takes the fields over from the create and applies them under the resource's manager", async () => {
    const [patch, apply] = await writesOf("06-up-update", "Update", "cm");
    expect(patch).toMatchObject({ contentType: "application/json-patch+json" });
    const managers = at(patch?.body as JsonObject[], 0, "value");
    expect(managers).toMatchObject([{ manager: "pulumi-kubernetes-9c01c946", operation: "Apply" }]);
    expect(apply).toMatchObject({
      method: "PATCH",
      contentType: "application/apply-patch+yaml",
      query: { fieldManager: "pulumi-kubernetes-9c01c946", force: "false" },
      body: { data: { a: "2" } },
    });
  });

  test("its preview takes nothing over, and so has to force", async () => {
    expect(await writesOf("05-preview-update", "Update", "cm")).toEqual([
      expect.objectContaining({
        query: { fieldManager: "pulumi-kubernetes-9c01c946", dryRun: "All", force: "true" },
      }),
    ]);
  });

  test("another person's change is not forced away", async () => {
    expect(await writesOf("09-up-corrects-drift", "Update", "cm")).toMatchObject([{ query: { force: "false" } }]);
  });

  test("a delete goes to the foreground and waits", async () => {
    const cluster = await clusterAfter("14-destroy", "Delete", "ns");
    expect(cluster.writes()).toMatchObject([{ method: "DELETE", body: { propagationPolicy: "Foreground" } }]);
    expect(cluster.requests.at(-1)).toMatchObject({ method: "GET", path: "/api/v1/namespaces/fx" });
  });
});

test("a waitFor that times out keeps the object that was created", async () => {
  const call = find("12-up-exists-and-waitfor-timeout", "Create", "never");
  const { provider, clock } = await setUp(call);
  expect(await replay(call, provider)).toMatchObject({ initFailed: true });
  expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(5000);
});

test("with upsertExistingObjects a create is a server-side apply", async () => {
  const call = find("02-up-create", "Create", "cm");
  const { provider, cluster } = await setUp(call);
  await provider.configure({ args: { kubeconfig: "kubeconfig", upsertExistingObjects: "true" } });
  await replay(call, provider);
  expect(cluster.writes()).toMatchObject([
    { method: "PATCH", contentType: "application/apply-patch+yaml", query: { force: "false" } },
  ]);
});

test("with enablePatchForce it takes fields from others", async () => {
  const call = find("02-up-create", "Create", "cm");
  const { provider, cluster } = await setUp(call);
  const args = { kubeconfig: "kubeconfig", upsertExistingObjects: "true", enablePatchForce: "true" };
  await provider.configure({ args });
  await replay(call, provider);
  expect(cluster.writes()).toMatchObject([{ method: "PATCH", query: { force: "true" } }]);
});

test("options that the stand-in does not know are named", async () => {
  const { provider, host } = await setUp(find("02-up-create", "Create", "cm"));
  await provider.configure({ args: { kubeconfig: "kubeconfig", renderYamlToDirectory: "out" } });
  expect(host.logs).toMatchObject([
    { severity: "warning", text: expect.stringContaining("renderYamlToDirectory") as string },
  ]);
});

test("a read without a cluster says how to get rid of the resource", async () => {
  const call = find("08-refresh-drift", "Read", "cm");
  const { provider, host } = await setUp({ ...call, file: "15-preview-unreachable" });
  expect(await replay(call, provider)).toMatchObject({
    error: expect.stringContaining("PULUMI_K8S_DELETE_UNREACHABLE") as string,
  });
  expect(host.logs).toMatchObject([{ text: expect.stringContaining("unreachable: no such cluster") as string }]);
});

function find(file: string, method: string, name: string): RecordedCall {
  const call = calls.find((c) => c.file === file && c.method === method && stringAt(c.request, "name") === name);
  if (call === undefined) throw new Error(`no such call is recorded: ${file} ${method} ${name}`);
  return call;
}

async function clusterAfter(file: string, method: string, name: string): Promise<RecordedCluster> {
  const call = find(file, method, name);
  const { provider, cluster } = await setUp(call);
  await replay(call, provider);
  return cluster;
}

async function writesOf(file: string, method: string, name: string) {
  return (await clusterAfter(file, method, name)).writes();
}

/** A configured provider whose cluster is in the state in which the call was recorded. */
async function setUp(call: RecordedCall) {
  const cluster = new RecordedCluster();
  const [host, clock] = [listeningHost(), sleepingClock()];
  const unreachable = call.file.startsWith("15");
  const provider = kubernetesProvider({
    host,
    clock,
    helm: recordedHelm(call),
    env: {},
    connect: (_args, signal) => {
      const connected = {
        api: new Api(cluster.transport, signal),
        kubeconfigFile: "kubeconfig",
        kubeContext: undefined,
      };
      return Promise.resolve(unreachable ? { unreachable: "no such cluster" } : connected);
    },
  });
  await provider.configure({ args: { enableConfigMapMutable: "true", enableSecretMutable: "true" } });
  arrange(cluster, call);
  return { provider, cluster, host, clock };
}

function arrange(cluster: RecordedCluster, call: RecordedCall): void {
  const answered = objectAt(call.response, "properties");
  const isStored = "__initialApiVersion" in answered;
  const after = liveOf(answered);
  const before = liveOf(objectAt(call.request, "olds"));
  if (call.method === "Create") {
    cluster.hasThings = call.request["preview"] !== true;
    cluster.hasNamespace = isStored || call.errors !== undefined;
    // A dry run answers with the empty status of an object that nobody looked at yet.
    cluster.live = call.request["preview"] === true ? { ...after, status: {} } : after;
    if (call.errors !== undefined) cluster.live = objectAt(call.request, "properties");
  } else if (call.method === "Update") {
    cluster.live = before;
    cluster.written = after;
  } else if (call.method === "Delete") {
    cluster.live = liveOf(objectAt(call.request, "properties"));
  } else {
    cluster.live = isStored ? after : undefined;
  }
  const message = /(?:API server|apply conflict): (.*already exists|Apply failed .*)/.exec(errorText(call) ?? "")?.[1];
  if (message !== undefined) {
    const reason = message.startsWith("Apply") ? "Conflict" : "AlreadyExists";
    cluster.writeError = { status: 409, reason, message };
    if (reason === "Conflict") cluster.live = before;
  }
  cluster.related = workloadOf(cluster.written ?? cluster.live ?? {});
}

/** What belongs to the recorded workloads, all of which were ready when they were answered. */
function workloadOf(live: JsonObject): Record<string, JsonObject[]> {
  const revision = at(live, "metadata", "annotations", "deployment.kubernetes.io/revision") ?? "1";
  const metadata = {
    annotations: { "deployment.kubernetes.io/revision": revision },
    ownerReferences: [{ uid: stringAt(live, "metadata", "uid") ?? "" }],
  };
  return {
    replicasets: [{ metadata, spec: { replicas: 1 }, status: { readyReplicas: 1 } }],
    endpoints: [{ subsets: [{ addresses: [{ ip: "10.244.1.2" }] }] }],
  };
}

/** helm with the release that the call's answer, or else its state, speaks of. */
function recordedHelm(call: RecordedCall): Helm {
  const state = objectAt(call.response ?? {}, "properties");
  let installed = call.method !== "Create";
  return ({ args }) => {
    const [verb, what] = args;
    if (verb === "show" && what === "chart") return Promise.resolve("apiVersion: v2\nname: fxchart\nversion: 0.1.0\n");
    if (verb === "install") installed = true;
    if (verb !== "status") return Promise.resolve("");
    const status = objectAt(state, "status");
    const release = {
      name: "fxchart",
      namespace: "fx",
      version: status["revision"] ?? 1,
      info: { status: status["status"] ?? "deployed" },
      config: state["values"] ?? null,
      manifest:
        "---\n# Source: fxchart/templates/cm.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: fxchart-cm}\n",
    };
    return installed ? Promise.resolve(JSON.stringify(release)) : Promise.reject(new HelmError("release: not found"));
  };
}

/** Replaces what is random in the recorded answer by a pattern for it. */
function normalize(call: RecordedCall, response: JsonObject): unknown {
  const result = structuredClone(response) as Record<string, Record<string, unknown> | undefined>;
  const isNew = call.method === "Create" || at(call.request, "properties", "__fieldManager") === undefined;
  const properties = result["properties"];
  if (properties?.["__fieldManager"] !== undefined && isNew && call.method !== "Update") {
    properties["__fieldManager"] = expect.stringMatching(/^pulumi-kubernetes-[0-9a-f]{8}$/);
  }
  const isNamed = at(call.request, "news", "metadata", "name") !== undefined || hasOldName(call);
  const metadata = result["inputs"]?.["metadata"] as Record<string, unknown> | undefined;
  if (call.method === "Check" && metadata !== undefined && !isNamed) {
    metadata["name"] = expect.stringMatching(/^auto-[0-9a-f]{8}$/);
  }
  return result;
}

function hasOldName(call: RecordedCall): boolean {
  return at(call.request, "olds", "metadata", "name") !== undefined;
}
