import type { Read } from "@esddns/common/cluster";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { CONFIG, runProgram } from "../test/testing.ts";
import { unreadyPods, updateStrategy } from "./rollout.ts";

describe("a change of the operator's pods", () => {
  /**
   * Counts the pods that Kubernetes' DaemonSet controller would delete now, with `live` nodes beside `dead` ones. It
   * repeats the controller's arithmetic.
   */
  const replaced = (hostNetwork: boolean, live: number, dead: number): number => {
    const { maxSurge, maxUnavailable } = updateStrategy(hostNetwork).rollingUpdate as Record<string, number>;
    // The pod of a dead node counts as unavailable, and never as one that surges.
    return maxSurge === 0 ? Math.min(live, Math.max(0, (maxUnavailable ?? 1) - dead)) : Math.min(live, maxSurge ?? 0);
  };

  it.each([
    [1, 0],
    [1, 1],
    [2, 1],
    [1, 2],
    [20, 19],
  ])("reaches %i live nodes beside %i dead ones", (live, dead) => {
    for (const hostNetwork of [false, true]) expect(replaced(hostNetwork, live, dead)).toBe(live);
  });

  it.each([
    // A pod that cannot start leaves the old one running.
    [false, { maxSurge: 1000, maxUnavailable: 0 }],
    // Two pods of one host cannot use the same port.
    [true, { maxSurge: 0, maxUnavailable: 1000 }],
  ])("goes by a strategy of its own with hostNetwork %s", async (hostNetwork, rollingUpdate) => {
    const program = await runProgram({ ...CONFIG, detection: { hostNetwork } });
    const { spec } = program.one("kubernetes:apps/v1:DaemonSet").inputs;
    expect(spec).toMatchObject({ updateStrategy: { type: "RollingUpdate", rollingUpdate } });
  });
});

describe("a rollout that does not come to its end", () => {
  const node = (name: string, ready: string) => ({
    metadata: { name },
    status: { conditions: [{ type: "Ready", status: ready }] },
  });
  const pod = (name: string, nodeName: string | undefined, status: object, deletionTimestamp?: string) => ({
    metadata: { name, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
    spec: nodeName === undefined ? {} : { nodeName },
    status,
  });
  const waiting = (reason: string, message: string, lastState: object = {}) => ({
    conditions: [{ type: "Ready", status: "False", reason: "ContainersNotReady" }],
    containerStatuses: [{ name: "operator", state: { waiting: { reason, message } }, lastState }],
  });
  const read = (...pods: object[]) => {
    const objects: Readonly<Record<string, unknown>> = {
      "/api/v1/nodes": { items: [node("pi1", "True"), node("pi2", "True"), node("pi3", "Unknown")] },
      "/api/v1/namespaces/home/pods?labelSelector=app%3Desddns-operator": { items: pods },
    };
    const get = <T>(path: string, schema: z.ZodType<T>): Promise<Read<T>> =>
      Promise.resolve({ read: true, value: schema.parse(objects[path]) });
    return unreadyPods({ get }, "home", "esddns-operator");
  };

  it("is told by the pods that cannot start, with their nodes and reasons", async () => {
    const crash = { terminated: { reason: "Error", exitCode: 1 } };
    const unscheduled = {
      conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "Insufficient memory" }],
    };
    expect(
      await read(
        pod("a", "pi1", waiting("ImagePullBackOff", 'Back-off pulling image "x"')),
        pod("b", "pi2", waiting("CrashLoopBackOff", "back-off 40s", crash)),
        pod("c", undefined, unscheduled),
        pod("d", "pi2", { conditions: [{ type: "Ready", status: "False", reason: "ContainersNotReady" }] }),
      ),
    ).toEqual([
      { name: "a", node: "pi1", reason: 'ImagePullBackOff (Back-off pulling image "x")' },
      {
        name: "b",
        node: "pi2",
        reason: "CrashLoopBackOff (back-off 40s; the last run ended with Error, exit code 1)",
      },
      { name: "c", node: undefined, reason: "Unschedulable (Insufficient memory)" },
      { name: "d", node: "pi2", reason: "ContainersNotReady" },
    ]);
  });

  it("is not told by pods that are ready, that go, or whose node is dead", async () => {
    const ready = { conditions: [{ type: "Ready", status: "True" }] };
    const unready = waiting("ContainerCreating", "");
    expect(
      await read(
        pod("a", "pi1", ready),
        pod("b", "pi2", unready, "2026-11-29T08:00:00Z"),
        pod("c", "pi3", { conditions: [{ type: "Ready", status: "False" }] }),
      ),
    ).toEqual([]);
  });
});
