import { expect, it } from "vitest";
import { CONFIG, runProgram } from "./testing/program.ts";

const POOL = "kubernetes:metallb.io/v1beta1:IPAddressPool";

it("puts its name on MetalLB and on its pools, so that another stack can tell whose they are", async () => {
  const program = await runProgram(CONFIG);
  const owner = { "esddns.io/owner": "esddns-production" };
  expect(program.one("kubernetes:helm.sh/v3:Release").inputs["values"]).toMatchObject({
    controller: { labels: owner },
  });
  expect(program.one(POOL, "metallb-esddns-pool").inputs.metadata).toMatchObject({ labels: owner });
});

it("may bring definitions that were kept up to its own version, whoever wrote their fields", async () => {
  const program = await runProgram(CONFIG, { preview: true });
  const definitions = program.resources.filter(({ type }) => type.endsWith(":CustomResourceDefinition"));
  expect(definitions.map(({ inputs }) => inputs.metadata?.annotations?.["pulumi.com/patchForce"])).toEqual(
    definitions.map(() => "true"),
  );
  expect(definitions.map(({ inputs }) => inputs.metadata?.name).sort()).toEqual([
    "dnsrecords.esddns.io",
    "wanaddresses.esddns.io",
    "wanobservations.esddns.io",
  ]);
});

it("owns what it writes under one name, whichever state it writes from, so that a state that was lost conflicts with nothing", async () => {
  const program = await runProgram(CONFIG, { preview: false });
  const objects = program.resources.filter(({ inputs }) => inputs.metadata !== undefined);
  expect(objects.length).toBeGreaterThan(20);
  for (const { inputs } of objects) {
    expect(inputs.metadata?.annotations).toMatchObject({ "pulumi.com/patchFieldManager": "esddns" });
  }
});
