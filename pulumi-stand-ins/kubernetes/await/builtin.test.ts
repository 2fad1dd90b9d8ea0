/** The built-in waits: sentences as recorded of the real plugin (fixtures/kubernetes/02-up-create.txt, 06-up-update.txt). */
import { describe, expect, test } from "vitest";
import { daemonSetProgress } from "./daemonset.ts";
import { deploymentProgress } from "./deployment.ts";
import { serviceProgress } from "./service.ts";

const unready = {
  metadata: { name: "web-1", namespace: "fx" },
  status: {
    conditions: [{ type: "Ready", status: "False", message: "containers with unready status: [w]" }],
    containerStatuses: [{ name: "w", state: { waiting: { reason: "ErrImagePull", message: "no such image" } } }],
  },
};
const podText = "[Pod fx/web-1]: containers with unready status: [w] -- [ErrImagePull] no such image";

describe("DaemonSet", () => {
  const status = {
    observedGeneration: 1,
    desiredNumberScheduled: 2,
    currentNumberScheduled: 2,
    updatedNumberScheduled: 2,
  };
  const at = (fields: object) => ({ metadata: { generation: 1 }, status: { ...status, ...fields } });

  test.each([
    [{ metadata: { generation: 1 }, status: {} }, "DaemonSet status.observedGeneration not found"],
    [{ metadata: { generation: 2 }, status }, "DaemonSet generation is 2, but latest observed generation is 1"],
    [at({ updatedNumberScheduled: 1 }), "Updated: 1/2"],
    [at({ numberAvailable: 0 }), "Available: 0/2"],
  ])("%j is not ready", (daemonSet, message) => {
    expect(daemonSetProgress(daemonSet, [unready])).toEqual({
      done: false,
      messages: [
        ["warning", podText],
        ["info", message],
      ],
      problems: [podText],
    });
  });

  test("all replicas are there", () => {
    expect(daemonSetProgress(at({ numberAvailable: 2, numberReady: 2 }), [])).toEqual({
      done: true,
      messages: [["info", "All replicas scheduled as expected. Replicas: 2"]],
    });
  });
});

describe("Deployment", () => {
  const revision = (number: string) => ({ annotations: { "deployment.kubernetes.io/revision": number } });
  const deployment = (number: string, conditions: object[]) => ({
    metadata: { generation: 1, ...revision(number) },
    status: { observedGeneration: 1, conditions: conditions.map((condition) => ({ ...condition })) },
  });
  const available = { type: "Available", status: "True" };
  const replicaSet = (number: string, ready: number) => ({
    metadata: revision(number),
    spec: { replicas: 1 },
    status: { readyReplicas: ready },
  });

  test("nothing is said before the controller has seen it", () => {
    expect(deploymentProgress({ metadata: { generation: 1 } }, [], [])).toEqual({ done: false, messages: [] });
  });

  test("an unavailable one says so, and why", () => {
    const message = "Deployment does not have minimum availability.";
    const missing = { type: "Available", status: "False", reason: "MinimumReplicasUnavailable", message };
    const text = `[MinimumReplicasUnavailable] ${message}`;
    expect(deploymentProgress(deployment("1", [missing]), [replicaSet("1", 0)], [unready])).toEqual({
      done: false,
      messages: [
        ["warning", text],
        ["warning", podText],
        ["info", "Waiting for app ReplicaSet to be available (0/1 Pods available)"],
      ],
      problems: [text, podText],
    });
  });

  test("the first revision is complete when it is available", () => {
    expect(deploymentProgress(deployment("1", [available]), [replicaSet("1", 1)], [])).toEqual({
      done: true,
      messages: [["info", "Deployment initialization complete"]],
    });
  });

  test("a rollout has to have progressed, and the old revision's pods do not count", () => {
    const progressed = { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable" };
    const sets = [replicaSet("1", 1), replicaSet("2", 1)];
    expect(deploymentProgress(deployment("2", [available]), sets, []).done).toBe(false);
    expect(deploymentProgress(deployment("2", [available, progressed]), sets, []).done).toBe(true);
    expect(deploymentProgress(deployment("2", [available, progressed]), [replicaSet("1", 1)], []).done).toBe(false);
  });
});

describe("Service", () => {
  const service = (spec: object, ingress: string[] = []) => ({
    spec: { ...spec },
    status: { loadBalancer: { ingress: ingress.map((ip) => ({ ip })) } },
  });
  const endpoints = { subsets: [{}] };

  test("waits for pods, then for an address", () => {
    const balanced = service({ type: "LoadBalancer" });
    expect(serviceProgress(balanced, undefined).messages).toEqual([
      ["info", "[1/3] Finding Pods to direct traffic to"],
    ]);
    expect(serviceProgress(balanced, undefined).problems).toHaveLength(2);
    expect(serviceProgress(balanced, endpoints).messages).toEqual([
      ["info", "[2/3] Attempting to allocate IP address to Service"],
    ]);
    expect(serviceProgress(service({ type: "LoadBalancer" }, ["192.168.77.241"]), endpoints)).toEqual({
      done: true,
      messages: [["info", "Service initialization complete"]],
    });
  });

  test("one without pods of its own waits for nothing", () => {
    expect(serviceProgress(service({ clusterIP: "None" }), undefined).done).toBe(true);
    expect(serviceProgress(service({ type: "ExternalName" }), undefined).done).toBe(true);
    expect(serviceProgress(service({ type: "ClusterIP" }), undefined).done).toBe(false);
  });
});
