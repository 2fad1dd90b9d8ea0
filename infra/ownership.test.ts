import type { Read } from "@esddns/common/cluster";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { refusal, settled, type Owner } from "./ownership.ts";
import { CONFIG, runProgram } from "./test/testing.ts";

/** Returns a cluster that has only these objects, by path. A text is why an object may not be read. */
function cluster(objects: Readonly<Record<string, unknown>>) {
  const get = <T>(path: string, schema: z.ZodType<T>): Promise<Read<T>> => {
    const object = objects[path];
    if (object === undefined) return Promise.resolve({ read: false, why: "NotFound", reason: "NotFound" });
    if (typeof object === "string") return Promise.resolve({ read: false, why: object, reason: "Failed" });
    return Promise.resolve({ read: true, value: schema.parse(object) });
  };
  return { get };
}

const OWN = "esddns-production";
const OTHER = "esddns-development";
const owner: Owner = {
  namespace: OWN,
  stackId: "esddns/production",
  metallbNamespace: "metallb-system",
  takeOver: false,
};
const told = { ...owner, takeOver: true };

const labelled = (by: string) => ({ metadata: { labels: { "esddns.io/owner": by } } });
const written = { metadata: { managedFields: [{ manager: "esddns" }] } };
const foreign = { metadata: { managedFields: [{ manager: "kubectl" }] } };
const lives = { [`/api/v1/namespaces/${OTHER}`]: { metadata: {} } };

const NAMESPACE = { apiVersion: "v1", kind: "Namespace", metadata: { name: "metallb-system" } };
const NAMESPACE_PATH = "/api/v1/namespaces/metallb-system";
const CRD = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "dnsrecords.esddns.io" },
};
const CRD_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/dnsrecords.esddns.io";
const POOL = {
  apiVersion: "metallb.io/v1beta1",
  kind: "IPAddressPool",
  metadata: { name: "esddns-pool", namespace: "metallb-system" },
};
const POOL_PATH = "/apis/metallb.io/v1beta1/namespaces/metallb-system/ipaddresspools/esddns-pool";
const ROLE = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRole",
  metadata: { name: `${OWN}-esddns-operator` },
};
const ROLE_PATH = `/apis/rbac.authorization.k8s.io/v1/clusterroles/${OWN}-esddns-operator`;
const all = [
  [NAMESPACE, NAMESPACE_PATH],
  [CRD, CRD_PATH],
  [POOL, POOL_PATH],
  [ROLE, ROLE_PATH],
] as const;

const controller = (labels: object) => ({
  "/apis/apps/v1/namespaces/metallb-system/deployments": {
    items: [
      // Values of the chart may change its name.
      {
        metadata: { name: "lb-controller", labels: { "app.kubernetes.io/component": "controller" } },
        spec: { template: { metadata: { labels } } },
      },
    ],
  },
});

describe("an object that is to be made", () => {
  it.each(all)("%o is made where there is none, and where it has this stack's name on it", async (object, path) => {
    expect(await refusal(cluster({}), object, owner)).toBeUndefined();
    expect(await refusal(cluster({ [path]: labelled(OWN) }), object, owner)).toBeUndefined();
  });

  it.each(all)("%o of another stack that lives is never taken over, even if told to", async (object, path) => {
    const there = cluster({ [path]: labelled(OTHER), ...lives });
    for (const asked of [owner, told])
      expect(await refusal(there, object, asked)).toMatch(/exists already, and belongs to .* esddns-development\. /);
  });

  it.each(all)("%o of a stack that is gone is taken over only when told to", async (object, path) => {
    const there = cluster({ [path]: labelled(OTHER) });
    expect(await refusal(there, object, owner)).toMatch(/is gone\. .*--take-over/);
    expect(await refusal(there, object, told)).toBeUndefined();
  });

  it.each(all)("%o is not made where nobody can look whether it is there", async (object, path) => {
    const closed = cluster({ [path]: "Error from server (Forbidden)" });
    await expect(refusal(closed, object, told)).rejects.toThrow(/could not be looked up: .*Forbidden/);
  });
});

describe("MetalLB's namespace that has no stack's name on it", () => {
  it("is taken where this stack's MetalLB is in it, which a version before has kept", async () => {
    const kept = cluster({ [NAMESPACE_PATH]: written, ...controller({ "esddns.io/owner": OWN }) });
    expect(await refusal(kept, NAMESPACE, owner)).toBeUndefined();
  });

  it("is left alone where a MetalLB is in it that no stack or another one has installed", async () => {
    const nobodys = cluster({ [NAMESPACE_PATH]: foreign, ...controller({}) });
    expect(await refusal(nobodys, NAMESPACE, owner)).toMatch(/did not make it\. .*adopt.*--take-over/);
    expect(await refusal(nobodys, NAMESPACE, told)).toBeUndefined();
    const another = { [NAMESPACE_PATH]: written, ...controller({ "esddns.io/owner": OTHER }), ...lives };
    for (const asked of [owner, told])
      expect(await refusal(cluster(another), NAMESPACE, asked)).toContain("belongs to the stack");
  });

  it("is taken where it is empty, and left alone where something is in it", async () => {
    expect(await refusal(cluster({ [NAMESPACE_PATH]: foreign }), NAMESPACE, owner)).toBeUndefined();
    const deployments = {
      "/apis/apps/v1/namespaces/metallb-system/deployments": {
        items: [{ metadata: { name: "x" }, spec: { template: {} } }],
      },
    };
    const used = cluster({ [NAMESPACE_PATH]: foreign, ...deployments });
    expect(await refusal(used, NAMESPACE, owner)).toContain("--take-over");
    expect(await refusal(used, NAMESPACE, told)).toBeUndefined();
  });
});

it("takes definitions that no stack owns, unless another stack has objects of them", async () => {
  expect(await refusal(cluster({ [CRD_PATH]: foreign }), CRD, owner)).toBeUndefined();
  const wans = { "/apis/esddns.io/v1alpha1/wanaddresses": { items: [{ metadata: { namespace: OTHER } }] } };
  const used = { [CRD_PATH]: foreign, ...wans };
  expect(await refusal(cluster(used), CRD, owner)).toContain("--take-over");
  expect(await refusal(cluster(used), CRD, told)).toBeUndefined();
  const kept = cluster({ ...used, ...controller({ "esddns.io/owner": OWN }) });
  expect(await refusal(kept, CRD, owner)).toBeUndefined();
});

it("takes no pool over that somebody made by hand, and no ClusterRole that no stack has written", async () => {
  for (const [object, path] of [
    [POOL, POOL_PATH],
    [ROLE, ROLE_PATH],
  ] as const) {
    expect(await refusal(cluster({ [path]: foreign }), object, owner)).toMatch(/another name, or delete it\. /);
    expect(await refusal(cluster({ [path]: foreign }), object, told)).toBeUndefined();
  }
  expect(await refusal(cluster({ [ROLE_PATH]: written }), ROLE, owner)).toBeUndefined();
});

it("takes no namespace of another stack's for its own", async () => {
  const object = { apiVersion: "v1", kind: "Namespace", metadata: { name: OWN } };
  const marked = (stackId: string) => ({ metadata: { annotations: { "esddns.io/stack": stackId } } });
  const there = cluster({ [`/api/v1/namespaces/${OWN}`]: marked("esddns/other") });
  expect(await refusal(there, object, owner)).toMatch(/^esddns:namespace: .*namespace of the stack esddns\/other/);
  expect(await refusal(there, object, told)).toBeUndefined();
  const mine = cluster({ [`/api/v1/namespaces/${OWN}`]: marked("esddns/production") });
  expect(await refusal(mine, object, owner)).toBeUndefined();
});

it("looks before it makes anything that is the whole cluster's, or stands in another namespace than the stack's", async () => {
  const peer = { name: "router", myASN: 64500, peerASN: 64501, peerAddress: "192.168.1.1", password: "x", bfd: {} };
  const config = {
    ...CONFIG,
    metallb: { values: { frrk8s: { enabled: true } } },
    bgp: { peers: [peer], advertisements: [{ name: "wide", pools: ["esddns-pool"] }] },
  };
  const { resources, guarded } = await runProgram(config, { secrets: ["bgp"] });
  const elsewhere = resources.filter(
    ({ type, inputs, readId }) =>
      type.startsWith("kubernetes:") &&
      inputs.metadata !== undefined &&
      readId === undefined &&
      inputs.metadata.namespace !== OWN,
  );
  expect(elsewhere.length).toBeGreaterThan(12);
  expect(elsewhere.filter(({ name }) => !guarded.has(name)).map(({ type, name }) => `${type} ${name}`)).toEqual([]);
});

it("puts this stack's name on MetalLB's namespace and on the definitions", async () => {
  const { resources } = await runProgram(CONFIG);
  const shared = resources.filter(({ name, type }) => name === "metallb-namespace" || type.endsWith("Definition"));
  expect(shared).toHaveLength(4);
  for (const { inputs } of shared) expect(inputs.metadata?.labels).toMatchObject({ "esddns.io/owner": OWN });
});

it("reads the name of an object whose labels are a secret", async () => {
  await pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) });
  const metadata = pulumi.secret({ name: "esddns-production", labels: { a: "b" } });
  expect(await settled({ kind: "Namespace", metadata })).toEqual({
    kind: "Namespace",
    metadata: { name: "esddns-production", labels: { a: "b" } },
  });
});
