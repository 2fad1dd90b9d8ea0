import { crds } from "@esddns/common/api";
import { failedRead, reasonOf, type Read } from "@esddns/common/cluster";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { readFacts } from "./readFacts.ts";

/** Returns a cluster that answers these paths with these objects, and every other path with NotFound. */
function cluster(objects: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const get = <T>(path: string, schema: z.ZodType<T>): Promise<Read<T>> => {
    asked.push(path);
    const object = objects[path];
    if (typeof object === "string") return Promise.resolve(failedRead(object, reasonOf(object)));
    if (object === undefined) return Promise.resolve(failedRead("NotFound", "NotFound"));
    return Promise.resolve({ read: true, value: schema.parse(object) });
  };
  return { asked, get };
}

const WANTED = {
  namespace: "esddns-production",
  stackId: "esddns/production",
  metallbNamespace: "lb",
  passwordSecrets: ["a", "b"],
  adopted: false,
  older: false,
  monitored: false,
};
const NODES = "/api/v1/nodes";
const node = {
  metadata: { name: "node1", labels: { a: "b" } },
  spec: {
    podCIDRs: ["10.244.0.0/24"],
    taints: [
      { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" },
      { key: "quiet", value: "please", effect: "PreferNoSchedule" },
      { key: "node.kubernetes.io/unreachable", effect: "NoExecute" },
    ],
  },
  status: {
    addresses: [
      { type: "InternalIP", address: "192.168.1.10" },
      { type: "Hostname", address: "node1" },
    ],
    nodeInfo: { architecture: "arm64", operatingSystem: "linux" },
  },
};
const workload = (labels: object, container: object) => ({
  items: [{ metadata: { name: "x", labels }, spec: { template: { spec: { containers: [container] } } } }],
});

describe("what is read of a cluster", () => {
  it("is nothing more where it does not answer", async () => {
    const silent = cluster({ [NODES]: "connection refused" });
    expect(await readFacts(silent, WANTED)).toEqual({ reached: false, why: "connection refused" });
    expect(silent.asked).toEqual([NODES]);
  });

  it("goes on where it may not all be read, and says so", async () => {
    const denied = cluster({ [NODES]: 'nodes is forbidden: User "ci" cannot list' });
    expect(await readFacts(denied, WANTED)).toMatchObject({
      reached: true,
      facts: { nodes: undefined, unread: ["nodes"] },
    });
  });

  it.each([
    ["Helm's chart", { "app.kubernetes.io/component": "controller" }, { "app.kubernetes.io/component": "speaker" }],
    ["the plain manifests", { component: "controller" }, { component: "speaker" }],
  ])("tells the MetalLB of %s", async (_, controller, speaker) => {
    const apps = "/apis/apps/v1/namespaces/lb";
    const read = await readFacts(
      cluster({
        [NODES]: { items: [node] },
        "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes": {
          ports: [{ name: "https", protocol: "TCP", port: 8443 }],
        },
        [`${apps}/deployments`]: workload(controller, {
          image: "quay.io/metallb/controller:v0.14.5",
          args: ["--port=7472", "--lb-class=metallb"],
        }),
        [`${apps}/daemonsets`]: workload(speaker, {
          args: ["--port=7472", "--ignore-exclude-lb"],
          env: [{ name: "METALLB_BGP_TYPE", value: "frr" }],
        }),
      }),
      WANTED,
    );
    expect(read).toMatchObject({
      facts: {
        nodes: [
          {
            name: "node1",
            labels: { a: "b" },
            addresses: ["192.168.1.10"],
            podCidrs: ["10.244.0.0/24"],
            taints: ["node-role.kubernetes.io/control-plane"],
            architecture: "arm64",
          },
        ],
        apiServerPorts: [8443],
        metallb: { version: "0.14.5", native: false, ignoresExcludeLabel: true, loadBalancerClass: "metallb" },
      },
    });
  });

  it.each([
    [[], undefined],
    [[{ type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting" }], undefined],
    [
      [
        { type: "MemoryPressure", status: "False" },
        { type: "Ready", status: "Unknown", reason: "NodeStatusUnknown", message: "Kubelet stopped posting." },
      ],
      "Kubelet stopped posting.",
    ],
    [[{ type: "Ready", status: "False", reason: "KubeletNotReady" }], "KubeletNotReady"],
    [[{ type: "Ready", status: "Unknown" }], "its condition Ready is Unknown"],
  ])("tells of a node with the conditions %j why it is not Ready: %s", async (conditions, notReady) => {
    const items = [{ ...node, status: { ...node.status, conditions } }];
    const read = await readFacts(cluster({ [NODES]: { items } }), WANTED);
    expect(read).toMatchObject({ facts: { nodes: [{ notReady }] } });
  });

  it("tells whose the objects of MetalLB's configuration are, and which may not be read", async () => {
    const metallb = "/apis/metallb.io";
    const named = (name: string, labels: object) => ({ items: [{ metadata: { name, labels }, spec: {} }] });
    const read = await readFacts(
      cluster({
        [NODES]: { items: [] },
        [`${metallb}/v1beta1/namespaces/lb/l2advertisements`]: named("lan", { "esddns.io/owner": "esddns-production" }),
        [`${metallb}/v1beta2/namespaces/lb/bgppeers`]: named("router", {}),
        "/api/v1/namespaces/lb/secrets?labelSelector=esddns.io%2Fowner": "secrets is forbidden",
      }),
      WANTED,
    );
    expect(read).toMatchObject({
      facts: {
        objects: [
          { kind: "L2Advertisement", name: "lan", owner: "esddns-production" },
          { kind: "BGPPeer", name: "router", owner: undefined },
        ],
        unread: ["Secrets in lb"],
      },
    });
  });

  it("knows the fields of the definitions that are adopted", async () => {
    const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const served = Object.fromEntries(crds.map((crd) => [`${path}/${crd.metadata.name}`, crd]));
    const read = await readFacts(cluster({ [NODES]: { items: [] }, ...served }), { ...WANTED, adopted: true });
    if (!read.reached) expect.unreachable();
    const records = read.facts.definitions?.get("dnsrecords.esddns.io v1alpha1");
    expect([...(records ?? [])]).toEqual(
      expect.arrayContaining(["zone", "source.service.name", "source", "status.left.attempted"]),
    );
  });
});

it("tells where the stack has been so far, which names communities have, and who speaks to which router", async () => {
  const read = await readFacts(
    cluster({
      [NODES]: { items: [node] },
      "/api/v1/namespaces": {
        items: [
          { metadata: { name: "default" } },
          { metadata: { name: "esddns-production", annotations: { "esddns.io/stack": "esddns/production" } } },
          { metadata: { name: "before", annotations: { "esddns.io/stack": "esddns/production" } } },
        ],
      },
      "/apis/metallb.io/v1beta2/namespaces/lb/bgppeers": {
        items: [{ metadata: { name: "r" }, spec: { peerAddress: "192.168.1.1", nodeSelectors: [{}] } }],
      },
      "/api/v1/namespaces/lb/secrets/a": { type: "Opaque", data: { password: "c2VjcmV0" } },
      "/apis/metallb.io/v1beta1/namespaces/lb/communities": {
        items: [{ metadata: { name: "x" }, spec: { communities: [{ name: "vpn-only", value: "1234:1" }] } }],
      },
    }),
    WANTED,
  );
  expect(read).toMatchObject({ facts: { elsewhere: "before", communities: new Set(["vpn-only"]) } });
  expect(read).toMatchObject({ facts: { objects: [{ session: { peerAddress: "192.168.1.1", someNodes: true } }] } });
  expect(read).toMatchObject({ facts: { passwordSecrets: new Map([["a", "Opaque"]]) } });
});

it("tells which Services may share an address, where that is asked", async () => {
  const shared = { metadata: { namespace: "web", name: "a", annotations: { "metallb.io/allow-shared-ip": "k" } } };
  const services = "/api/v1/services";
  const there = cluster({
    [NODES]: { items: [] },
    [services]: {
      items: [
        { ...shared, status: { loadBalancer: { ingress: [{ ip: "192.168.1.100", ipMode: "VIP" }] } } },
        { metadata: { namespace: "default", name: "kubernetes" }, status: { loadBalancer: {} } },
      ],
    },
  });
  expect(await readFacts(there, { ...WANTED, older: true })).toMatchObject({
    facts: {
      sharing: [
        { namespace: "web", name: "a", addresses: ["192.168.1.100"], keys: { "metallb.io": "k" } },
        { namespace: "default", name: "kubernetes", addresses: [] },
      ],
    },
  });
  const unasked = cluster({ [NODES]: { items: [] } });
  await readFacts(unasked, WANTED);
  expect(unasked.asked).not.toContain(services);
});

it("knows k3s by its kubelet, and its load balancer by the label of its DaemonSets", async () => {
  const k3s = { ...node, status: { nodeInfo: { kubeletVersion: "v1.34.4+k3s1" } } };
  const daemonSets = "/apis/apps/v1/daemonsets?labelSelector=svccontroller.k3s.cattle.io%2Fsvcname";
  const read = await readFacts(
    cluster({
      [NODES]: { items: [node, k3s] },
      [daemonSets]: { items: [{ metadata: { name: "svclb-x", namespace: "kube-system" } }] },
    }),
    WANTED,
  );
  if (!read.reached) expect.unreachable();
  expect(read.facts.serviceLb).toEqual(["kube-system/svclb-x"]);
  expect(read.facts.nodes?.map((each) => each.k3s)).toEqual([undefined, true]);
});
