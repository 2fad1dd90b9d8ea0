import { expect, it, vi } from "vitest";
import type { z } from "zod";
import type { Cluster } from "../../kubernetes/cluster.ts";
import { needDefinitions } from "./definitions.ts";

/** Reports whether definitions that these managers have written are written again. */
async function writes(managers: readonly string[] | undefined): Promise<boolean> {
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const kubectl = vi.fn<Cluster["kubectl"]>(() => Promise.resolve({ status: 0, stdout: "", stderr: "" }));
  const get: Cluster["get"] = (_path, schema: z.ZodType) => {
    if (managers === undefined) return Promise.resolve({ read: false, why: "NotFound", reason: "NotFound" });
    const managedFields = managers.map((manager) => ({ manager }));
    return Promise.resolve({ read: true, value: schema.parse({ metadata: { managedFields } }) as never });
  };
  await needDefinitions({ get, kubectl });
  return kubectl.mock.calls.length > 0;
}

it("makes the definitions where there are none, and brings up to date those that no stack owns", async () => {
  expect(await writes(undefined)).toBe(true);
  expect(await writes(["esddns-definitions", "kube-apiserver"])).toBe(true);
});

it.each([["esddns"], ["pulumi-kubernetes-0a1b2c3d"]])(
  "leaves those alone that a stack has taken over as %s",
  async (manager) => {
    expect(await writes(["esddns-definitions", manager])).toBe(false);
  },
);

it("leaves those alone that somebody else has made", async () => {
  expect(await writes(["helm"])).toBe(false);
});
