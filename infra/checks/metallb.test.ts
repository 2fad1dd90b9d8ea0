import type { Read } from "@esddns/common/cluster";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { formatProblem } from "../config/validation/problem.ts";
import { foreignMetalLB, givenUpMetalLB, movedMetalLB } from "./metallb.ts";
import { ownedMetalLBs } from "./readOwned.ts";

const CONTROLLERS = "/apis/apps/v1/deployments?labelSelector=app.kubernetes.io%2Fcomponent%3Dcontroller";
const controller = (namespace: string, labels: Record<string, string>) => ({
  metadata: { namespace, name: "lb-controller" },
  spec: { template: { metadata: { labels }, spec: {} } },
});

function cluster(objects: Readonly<Record<string, unknown>>) {
  const get = <T>(path: string, schema: z.ZodType<T>): Promise<Read<T>> =>
    Promise.resolve(
      path in objects
        ? { read: true, value: schema.parse(objects[path]) }
        : { read: false, why: "NotFound", reason: "NotFound" },
    );
  return { get };
}

const config = (shared: "own" | "adopt", namespace: string) => ({
  namespace: "esddns-production",
  shared,
  metallb: { namespace, version: "0.15.3", chart: "metallb", repository: "https://example.com", values: {} },
});
const owned = (kept = false, owner = "esddns-production", lives = true) => [
  { namespace: "metallb-system", owner, kept, lives },
];

describe("the MetalLB that a stack has installed", () => {
  it("is found in whatever namespace it is, with what becomes of it", async () => {
    const label = { "esddns.io/owner": "esddns-production" };
    const objects = {
      [CONTROLLERS]: { items: [controller("a", {}), controller("b", label), controller("c", label)] },
      "/api/v1/namespaces/b": { metadata: { annotations: { "esddns.io/kept-on-destroy": "true" } } },
      "/api/v1/namespaces/c": { metadata: {} },
      "/api/v1/namespaces/esddns-production": { metadata: {} },
    };
    expect(await ownedMetalLBs(cluster(objects))).toEqual([
      { namespace: "b", owner: "esddns-production", kept: true, lives: true },
      { namespace: "c", owner: "esddns-production", kept: false, lives: true },
    ]);
    expect(await ownedMetalLBs(cluster({}))).toEqual([]);
  });

  it("is not moved to another namespace, since every pool would go", () => {
    expect(movedMetalLB(config("own", "lb"), owned())).toEqual([
      expect.objectContaining({
        path: ["metallb", "namespace"],
        right: expect.stringContaining('"metallb-system"') as string,
      }),
    ]);
    expect(movedMetalLB(config("own", "metallb-system"), owned())).toEqual([]);
    expect(movedMetalLB(config("own", "lb"), [{ ...owned()[0], owner: "another" } as never])).toEqual([]);
  });

  it("is not installed by a second stack, which would have its namespace and definitions in its state by then", () => {
    const running = { version: "0.15.3", native: true, ignoresExcludeLabel: false };
    const told = (facts: object, takeOver = false, shared: "own" | "adopt" = "own"): string[] =>
      foreignMetalLB(config(shared, "metallb-system"), { metallb: running, ...facts }, { takeOver }).map(formatProblem);
    const others = { owned: owned(false, "esddns-development"), metallbIsAStacks: true };
    for (const takeOver of [false, true])
      expect(told(others, takeOver)).toEqual([
        expect.stringMatching(
          /^esddns:shared: is own, .*the stack with the namespace esddns-development\. Write adopt/,
        ),
      ]);
    expect(told(others, false, "adopt")).toEqual([]);
    const nobodys = [{ metallbIsAStacks: false }, { owned: owned(true, "gone", false), metallbIsAStacks: true }];
    for (const facts of nobodys) {
      expect(told(facts)).toEqual([expect.stringMatching(/that this stack did not install\. .*--take-over/)]);
      expect(told(facts, true)).toEqual([]);
    }
    // The stack's own, its own of an earlier version, one that could not be read, and none.
    const rightly = [
      { owned: owned() },
      { metallbIsAStacks: true },
      {},
      { metallb: undefined, metallbIsAStacks: false },
    ];
    for (const facts of rightly) expect(told(facts)).toEqual([]);
  });

  it("is let go of by adopting, and that it stays is said", () => {
    for (const kept of [false, true])
      expect(givenUpMetalLB(config("adopt", "metallb-system"), owned(kept))).toEqual([
        expect.stringContaining("stay as they are"),
      ]);
    expect(givenUpMetalLB(config("own", "metallb-system"), owned())).toEqual([]);
    expect(givenUpMetalLB(config("adopt", "metallb-system"), owned(true, "esddns-development"))).toEqual([]);
  });
});
