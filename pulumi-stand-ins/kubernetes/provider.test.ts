/** What the recordings do not show: replacements, retries, adoption of names, Helm releases in odd states. */
import { describe, expect, test } from "vitest";
import { listeningHost, sleepingClock } from "../testing/fakes.ts";
import { RecordedCluster } from "../testing/recordedCluster.ts";
import { secret, unknown } from "../shared/values.ts";
import type { JsonObject } from "../shared/values.ts";
import { Api } from "./api.ts";
import { checkObject } from "./check.ts";
import { prune } from "./checkpoint.ts";
import { diffObject } from "./diff.ts";
import { HelmError } from "./helm/cli.ts";
import type { Helm } from "./helm/cli.ts";
import { kubernetesProvider } from "./provider.ts";

const mutable = { enableConfigMapMutable: true, enableSecretMutable: true };

describe("diff", () => {
  const configMap = (name: string, a: string, annotations: JsonObject = {}): JsonObject => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "fx", annotations },
    data: { a },
  });
  const diff = (olds: JsonObject, news: JsonObject, config = mutable) =>
    diffObject({ urn: "u", type: "t", name: "n", id: "i", olds, oldInputs: olds, news, ignoreChanges: [] }, config);

  test("another name is another object", () => {
    const answer = diff(configMap("a", "1"), configMap("b", "1"));
    expect(answer).toMatchObject({ replaces: ["metadata.name"] });
    expect(answer).not.toHaveProperty("deleteBeforeReplace");
  });

  test("immutable data replaces, and the old object of that name goes first", () => {
    const config = { ...mutable, enableConfigMapMutable: false };
    expect(diff(configMap("a", "1"), configMap("a", "2"), config)).toMatchObject({
      detailedDiff: { "data.a": { kind: "UPDATE_REPLACE" } },
      replaces: ["data.a"],
      deleteBeforeReplace: true,
    });
  });

  test("an autonamed one is replaced side by side", () => {
    const named = { "pulumi.com/autonamed": "true" };
    const config = { ...mutable, enableConfigMapMutable: false };
    expect(diff(configMap("a", "1", named), configMap("a", "2", named), config)).not.toHaveProperty(
      "deleteBeforeReplace",
    );
  });

  test("what was last seen in the cluster counts, not what was last asked for", () => {
    const [inputs, seen] = [configMap("a", "1"), configMap("a", "edited")];
    const request = { urn: "u", type: "t", name: "n", id: "i", news: inputs, oldInputs: inputs, ignoreChanges: [] };
    expect(diffObject({ ...request, olds: seen }, mutable)).toMatchObject({
      detailedDiff: { "data.a": { kind: "UPDATE" } },
    });
    expect(diffObject({ ...request, olds: seen, ignoreChanges: ["data"] }, mutable)).toMatchObject({
      changes: "DIFF_NONE",
    });
  });

  test("what the program never spoke of is nobody's change; an element that somebody added is", () => {
    expect(prune({ a: 1, b: 2, list: [{ x: 1, y: 2 }, { x: 3 }] }, { a: 0, list: [{ x: 0 }] })).toEqual({
      a: 1,
      list: [{ x: 1 }, { x: 3 }],
    });
  });
});

describe("check", () => {
  const context = { defaultNamespace: "home", isNamespaced: () => Promise.resolve(true) };
  const check = async (news: JsonObject, olds: JsonObject = {}) =>
    (await checkObject({ urn: "u", type: "t", name: "n", news, olds }, context)).inputs;

  test("an automatic name is kept", async () => {
    const olds = { metadata: { name: "n-12345678", annotations: { "pulumi.com/autonamed": "true" } } };
    expect(await check({ apiVersion: "v1", kind: "ConfigMap" }, olds)).toMatchObject({
      metadata: { name: "n-12345678" },
    });
  });

  test("a namespaced object gets the default namespace", async () => {
    const inputs = await check({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } });
    expect(inputs).toMatchObject({ metadata: { namespace: "home" } });
  });

  test("stringData joins data; single secret values stay secret", async () => {
    const metadata = { name: "a", namespace: "b" };
    const stringData = { x: secret("1"), y: "2" };
    expect(await check({ apiVersion: "v1", kind: "Secret", metadata, data: { z: "Mw==" }, stringData })).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      metadata,
      data: { x: secret("MQ=="), y: "Mg==", z: "Mw==" },
    });
  });

  test("stringData that is not known yet stays as it is", async () => {
    const news = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "a", namespace: "b" },
      stringData: { x: unknown },
    };
    expect(await check(news)).toEqual(news);
  });
});

describe("create", () => {
  const thing = { apiVersion: "example.test/v1", kind: "Thing", metadata: { name: "one", namespace: "fx" } };
  const request = { urn: "u", type: "kubernetes:example.test/v1:Thing", name: "n", properties: thing, timeout: 0 };

  test("a kind that is not served is tried six times, then named", async () => {
    const { provider, cluster, clock } = await setUp();
    cluster.hasThings = false;
    await expect(provider.create({ ...request, preview: false })).rejects.toThrow(
      'no matches for kind "Thing" in version "example.test/v1"',
    );
    expect(clock.slept).toEqual([1000, 2000, 4000, 8000, 16_000]);
  });

  test("a webhook that is not up yet fails at once, with the server's words", async () => {
    const { provider, cluster, clock } = await setUp();
    cluster.writeError = { status: 500, reason: "InternalError", message: "failed calling webhook: no endpoints" };
    for (const preview of [false, true]) {
      await expect(provider.create({ ...request, preview })).rejects.toThrow(
        "API server: failed calling webhook: no endpoints",
      );
    }
    expect(clock.slept).toEqual([]);
  });

  test("what is secret in the inputs is secret in the outputs", async () => {
    const { provider, cluster } = await setUp();
    cluster.live = { ...thing, spec: { password: "sesame", other: 1 } };
    const properties = { ...thing, spec: { password: secret("sesame") } };
    const created = await provider.create({ ...request, properties, preview: false });
    expect(created.properties).toMatchObject({ spec: { password: secret("sesame"), other: 1 } });
  });

  test("a preview with values that are not known yet shows the inputs", async () => {
    const { provider, cluster } = await setUp();
    const properties = { ...thing, spec: { ip: unknown } };
    expect(await provider.create({ ...request, properties, preview: true })).toEqual({ properties });
    expect(cluster.writes()).toEqual([]);
  });
});

describe("read", () => {
  const service: JsonObject = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "fx" },
    spec: { type: "LoadBalancer" },
  };
  const request = { urn: "u", type: "kubernetes:core/v1:Service", name: "n", id: "fx/web", inputs: {} };

  test("what is opened by id is taken as it is; what is refreshed has to be ready", async () => {
    const { provider, cluster } = await setUp();
    cluster.live = service;
    expect(await provider.read({ ...request, properties: {} })).toMatchObject({ id: "fx/web" });
    await expect(provider.read({ ...request, properties: service })).rejects.toMatchObject({
      name: "InitFailedError",
      inputs: { kind: "Service" },
      reasons: expect.arrayContaining([expect.stringContaining("not allocated an IP address")]) as string[],
    });
  });

  test("inputs that name a kind but no namespace are looked for in the default one, as by the real plugin", async () => {
    const { provider, cluster } = await setUp();
    cluster.live = service;
    await provider.read({ ...request, properties: {}, inputs: { apiVersion: "v1", kind: "Service" } });
    expect(cluster.requests.at(-1)?.path).toBe("/api/v1/namespaces/default/services/web");
  });
});

describe("Helm release", () => {
  const inputs = {
    name: "metallb",
    namespace: "metallb-system",
    chart: "/charts/metallb.tgz",
    values: {},
    timeout: 60,
  };
  const request = {
    urn: "u",
    type: "kubernetes:helm.sh/v3:Release",
    name: "n",
    properties: inputs,
    preview: false,
    timeout: 0,
  };

  test.each(["deployed", "failed", "pending-install"])(
    "a name in use is an error, whatever became of it: %s",
    async (status) => {
      const verbs: string[] = [];
      const { provider } = await setUp(helmWith(status, verbs));
      await provider.configure({ args: { upsertExistingObjects: "true" } });
      await expect(provider.create(request)).rejects.toThrow("cannot re-use a name that is still in use");
      expect(verbs).toEqual(["install"]);
    },
  );

  test("one that failed while it was installed is kept, and the next update tries again", async () => {
    let revision = 0;
    const helm: Helm = ({ args }) => {
      if (args[0] === "show") return Promise.resolve("name: metallb\nversion: 1.0.0\n");
      if (args[0] === "status" && revision === 0) return Promise.reject(new HelmError("release: not found"));
      if (args[0] === "status") return Promise.resolve(releaseJson("failed"));
      revision = 1;
      return Promise.reject(new HelmError("context deadline exceeded"));
    };
    const { provider } = await setUp(helm);
    await expect(provider.create(request)).rejects.toMatchObject({
      name: "InitFailedError",
      id: "metallb-system/metallb",
      properties: { status: { status: "failed" } },
    });
  });

  test("one that is opened by id has no inputs: what it was installed from is asked of the release", async () => {
    const { provider } = await setUp(({ args }) => {
      if (args[0] === "status") return Promise.resolve(releaseJson("deployed"));
      if (args.join(" ").startsWith("get metadata metallb --namespace metallb-system"))
        return Promise.resolve('{"chart":"metallb","version":"0.15.3","appVersion":"v0.15.3"}');
      return Promise.reject(new HelmError(`not asked for: ${args.join(" ")}`));
    });
    const opened = {
      urn: "u",
      type: request.type,
      name: "n",
      id: "metallb-system/metallb",
      inputs: {},
      properties: {},
    };
    expect(await provider.read(opened)).toMatchObject({
      id: "metallb-system/metallb",
      properties: { status: { chart: "metallb", version: "0.15.3", status: "deployed" } },
    });
  });

  test("no value is on a command line", async () => {
    const lines: string[] = [];
    const { provider } = await setUp((call, signal) => {
      lines.push(call.args.join(" "));
      return helmWith("deployed", [])(call, signal);
    });
    const values = { token: secret("sesame") };
    await expect(provider.create({ ...request, properties: { ...inputs, values } })).rejects.toThrow("re-use");
    expect(lines.join("\n")).not.toContain("sesame");
  });
});

function helmWith(status: string, verbs: string[]): Helm {
  return ({ args }) => {
    const verb = args[0] ?? "";
    if (verb === "show") return Promise.resolve("name: metallb\nversion: 1.0.0\n");
    if (verb === "status") return Promise.resolve(releaseJson(status));
    verbs.push(verb);
    return Promise.reject(new HelmError("cannot re-use a name that is still in use"));
  };
}

function releaseJson(status: string): string {
  return JSON.stringify({ name: "metallb", namespace: "metallb-system", version: 1, info: { status }, manifest: "" });
}

async function setUp(helm: Helm = () => Promise.reject(new Error("no helm here"))) {
  const cluster = new RecordedCluster();
  const clock = sleepingClock();
  const provider = kubernetesProvider({
    host: listeningHost(),
    clock,
    helm,
    env: {},
    connect: (_args, signal) =>
      Promise.resolve({ api: new Api(cluster.transport, signal), kubeconfigFile: undefined, kubeContext: undefined }),
  });
  await provider.configure({ args: {} });
  return { provider, cluster, clock };
}
