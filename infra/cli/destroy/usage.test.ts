import type { Read } from "@esddns/common/cluster";
import { expect, it } from "vitest";
import type { z } from "zod";
import { foreignObjects, others } from "./usage.ts";

it("finds what people have put into the stack's namespace, by kind and name", async () => {
  const there: Readonly<Record<string, readonly string[]>> = {
    "/apis/apps/v1/namespaces/home/deployments": ["esddns-service", "web"],
    "/apis/apps/v1/namespaces/home/daemonsets": ["esddns-operator-daemon"],
    "/api/v1/namespaces/home/persistentvolumeclaims": ["esddns-service"],
  };
  const cluster = {
    get: <T>(path: string): Promise<Read<T>> => {
      const items = (there[path] ?? []).map((name) => ({ metadata: { name, namespace: "home", finalizers: [] } }));
      return Promise.resolve({ read: true, value: { items } as T });
    },
  };
  const own = (type: string, name: string) => ({
    type,
    urn: name,
    id: `home/${name}`,
    external: false,
    retainOnDelete: false,
  });
  const state = [
    own("kubernetes:apps/v1:Deployment", "esddns-service"),
    own("kubernetes:apps/v1:DaemonSet", "esddns-operator-daemon"),
  ];
  expect(await foreignObjects(cluster, "home", state)).toEqual([
    "Deployment web",
    "PersistentVolumeClaim esddns-service",
  ]);
});

it("finds who has an address of the stack's pools, and who one of other pools", async () => {
  const service = (name: string, ip: string) => ({
    metadata: { name, namespace: "games" },
    spec: { type: "LoadBalancer" },
    status: { loadBalancer: { ingress: [{ ip }] } },
  });
  const pool = (name: string, ...addresses: string[]) => ({ metadata: { name, namespace: "lb" }, spec: { addresses } });
  const there: Readonly<Record<string, readonly unknown[]>> = {
    "/apis/metallb.io/v1beta1/namespaces/lb/ipaddresspools": [
      pool("mine", "192.168.1.100-192.168.1.110", "fd00::/120"),
      pool("theirs", "192.168.2.0/24"),
    ],
    "/api/v1/services": [service("a", "192.168.1.105"), service("b", "192.168.2.1"), service("c", "fd00::5")],
  };
  const cluster = {
    get: <T>(path: string, schema: z.ZodType<T>): Promise<Read<T>> =>
      Promise.resolve({ read: true, value: schema.parse({ items: there[path] ?? [] }) }),
  };
  const type = "kubernetes:metallb.io/v1beta1:IPAddressPool";
  const state = [{ type, urn: "mine", id: "lb/mine", external: false, retainOnDelete: false }];
  expect(await others(cluster, "home", state, "lb")).toEqual({
    stacks: [],
    pools: ["theirs"],
    services: ["games/a", "games/b", "games/c"],
    servicesUsingPools: ["games/a", "games/c"],
  });
});
