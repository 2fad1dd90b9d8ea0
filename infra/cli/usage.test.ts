import { expect, it } from "vitest";
import type { Found } from "../kubernetes/cluster.ts";
import { guests } from "./usage.ts";

it("finds what people have put into the stack's namespace, by kind and name", async () => {
  const there: Readonly<Record<string, readonly string[]>> = {
    "/apis/apps/v1/namespaces/home/deployments": ["esddns-service", "web"],
    "/apis/apps/v1/namespaces/home/daemonsets": ["esddns-operator-daemon"],
    "/api/v1/namespaces/home/persistentvolumeclaims": ["esddns-service"],
  };
  const cluster = {
    get: <T>(path: string): Promise<Found<T>> => {
      const items = (there[path] ?? []).map((name) => ({ metadata: { name, namespace: "home", finalizers: [] } }));
      return Promise.resolve({ found: true, value: { items } as T });
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
  expect(await guests(cluster, "home", state)).toEqual(["Deployment web", "PersistentVolumeClaim esddns-service"]);
});
