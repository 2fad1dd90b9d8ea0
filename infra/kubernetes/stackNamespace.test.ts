import type { Read } from "@esddns/common/cluster";
import { expect, it } from "vitest";
import type { z } from "zod";
import { namespaceProblem, readStackNamespace } from "./stackNamespace.ts";

/**
 * Reads a namespace called home. `inside` has the names of its objects by plural. A text is the error of a failed read.
 */
function read(metadata: object | undefined, inside: Readonly<Record<string, readonly string[] | string>> = {}) {
  const get = <T>(path: string, schema: z.ZodType<T>): Promise<Read<T>> => {
    const absent = { read: false, why: "NotFound", reason: "NotFound" } as const;
    if (path === "/api/v1/namespaces/home")
      return Promise.resolve(metadata ? { read: true, value: schema.parse({ metadata }) } : absent);
    const there = inside[path.split("/").at(-1) ?? ""];
    if (typeof there === "string") return Promise.resolve({ read: false, why: there, reason: "Failed" });
    if (there === undefined) return Promise.resolve(absent);
    const items = there.map((name) => ({ metadata: { name } }));
    return Promise.resolve({ read: true, value: schema.parse({ items }) });
  };
  return readStackNamespace({ get }, "home");
}
const fact = (value: unknown) => ({ read: true, value });
const PRODUCTION = { annotations: { "esddns.io/stack": "esddns/production" } };

it("a namespace says which stack has it", async () => {
  expect(await read(PRODUCTION, { deployments: ["web"] })).toEqual(fact({ by: "stack", stackId: "esddns/production" }));
});

it("one that a stack of an earlier version made is told by what is in it, or by who wrote it", async () => {
  const earlier = fact({ by: "earlier version" });
  expect(await read({}, { daemonsets: ["esddns-operator-daemon"], deployments: ["web"] })).toEqual(earlier);
  expect(await read({ managedFields: [{ manager: "esddns" }] }, { deployments: ["web"] })).toEqual(earlier);
});

it("any other is told with what is in it", async () => {
  const contents = ["Deployment grafana", "Service grafana"];
  const inside = { services: ["grafana"], deployments: ["grafana"] };
  expect(await read({ managedFields: [{ manager: "kubectl-create" }] }, inside)).toEqual(
    fact({ by: "others", contents }),
  );
});

it("nothing is said of one that is not there, or may not be looked into", async () => {
  expect(await read(undefined)).toMatchObject({ reason: "NotFound" });
  expect(await read({}, { services: "services is forbidden" })).toMatchObject({ read: false, reason: "Failed" });
});

it("one for this stack alone is fine, and so is an empty one that was made for it", () => {
  for (const fine of [
    { by: "stack", stackId: "esddns/production" },
    { by: "earlier version" },
    { by: "others", contents: [] },
  ] as const)
    expect(namespaceProblem("home", fine, "esddns/production")).toBeUndefined();
});

it("another stack's is refused with both ways out", () => {
  const others = { by: "stack", stackId: "esddns/development" } as const;
  const { wrong = "", right = "" } = namespaceProblem("home", others, "esddns/production") ?? {};
  expect(wrong).toMatch(/^"home" is the namespace of the stack esddns\/development, and this is esddns\/production/);
  expect(right).toMatch(/^Write another namespace\..*gone.*another name: npm run deploy -- STACK --take-over/);
});

it("one with work of others in it is refused, and some of that is named", () => {
  const contents = ["Deployment a", "Deployment b", "Service a", "Service b", "StatefulSet c"];
  const problem = namespaceProblem("monitoring", { by: "others", contents }, "esddns/production");
  expect(problem?.wrong).toContain(
    "Deployment a, Deployment b, Service a and 2 more. Destroying this stack would delete",
  );
  expect(problem?.right).toContain("--take-over");
});
