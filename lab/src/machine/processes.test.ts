import { expect, it } from "vitest";
import { serviceHash } from "./processes.ts";
import type { Service } from "./service.ts";

const service: Service = {
  name: "etcd",
  host: "node1",
  command: ["etcd", "--name=lab"],
  ready: () => Promise.resolve(),
};

it("a service has changed when it would be started otherwise", () => {
  const hash = serviceHash(service);
  const changed: Partial<Service>[] = [
    { host: "node2" },
    { command: ["etcd", "--name", "lab"] },
    { env: { A: "1" } },
    { cwd: "/tmp" },
  ];
  for (const change of changed) expect(serviceHash({ ...service, ...change })).not.toBe(hash);
});

it("how it is asked for readiness and in which order variables stand changes nothing", () => {
  const ready = () => Promise.reject(new Error("not yet"));
  expect(serviceHash({ ...service, ready, readySeconds: 5 })).toBe(serviceHash(service));
  expect(serviceHash({ ...service, env: { A: "1", B: "2" } })).toBe(
    serviceHash({ ...service, env: { B: "2", A: "1" } }),
  );
});
