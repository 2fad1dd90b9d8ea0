import { afterEach, describe, expect, it, vi } from "vitest";
import type { NamespaceFact } from "../kubernetes/stackNamespace.ts";
import { CONFIG, QUIET, runProgram } from "./testing.ts";

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

const NAMESPACE = "kubernetes:core/v1:Namespace";
const there = (namespace: NamespaceFact) => ({
  cluster: { ...QUIET, facts: { ...QUIET.facts, namespace } },
  preview: true,
});

afterEach(() => {
  vi.unstubAllEnvs();
});

it("puts its name on its namespace, and makes nothing in one that has another's", async () => {
  const program = await runProgram(CONFIG, there({ by: "stack", stackId: "esddns/production" }));
  expect(program.one(NAMESPACE, "operator-namespace").inputs.metadata?.annotations).toMatchObject({
    "esddns.io/stack": "esddns/production",
  });
  const others = there({ by: "stack", stackId: "esddns/development" });
  await expect(runProgram(CONFIG, others)).rejects.toThrow(
    /esddns:namespace: "esddns-production" is the namespace of the stack esddns\/development/,
  );
  vi.stubEnv("ESDDNS_TAKE_OVER", "true");
  await expect(runProgram(CONFIG, others)).resolves.toBeDefined();
});

it("makes nothing at all where another stack has MetalLB", async () => {
  const owned = [{ namespace: "metallb-system", owner: "esddns-development", kept: true, lives: true }];
  const cluster = { ...QUIET, facts: { ...QUIET.facts, owned } };
  await expect(runProgram(CONFIG, { cluster })).rejects.toThrow(/esddns:shared: is own, .*esddns-development/);
});

describe("a stack that turns from own to adopt", () => {
  const definitions = ["dnsrecords.esddns.io", "wanaddresses.esddns.io"];
  const all = { namespace: "metallb-system", release: "metallb-system", definitions };
  const adopt = { ...CONFIG, shared: "adopt" };

  it.each([
    ["", "metallb-system"],
    [", though another MetalLB is adopted than its own", "lb"],
  ])("reads by their former ids what it has owned, so that the engine lets go of it%s", async (_, namespace) => {
    const owned = await runProgram(CONFIG);
    const adopted = await runProgram({ ...adopt, metallb: { namespace } }, { former: all });
    const reads = adopted.resources.filter(({ readId, name }) => readId !== undefined && !name.startsWith("live-"));
    expect(reads.map(({ type, name, readId }) => [type, name, readId]).sort()).toEqual([
      ["kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "dnsrecords.esddns.io", "dnsrecords.esddns.io"],
      [
        "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
        "wanaddresses.esddns.io",
        "wanaddresses.esddns.io",
      ],
      ["kubernetes:core/v1:Namespace", "metallb-namespace", "metallb-system"],
      ["kubernetes:helm.sh/v3:Release", "metallb-release", "metallb-system/metallb"],
    ]);
    // Another name would be another resource, and the one of the state would go.
    for (const { type, name } of reads) expect(owned.one(type, name).readId).toBeUndefined();
  });

  it("reads nothing of what was never its own", async () => {
    const { resources } = await runProgram(adopt);
    expect(resources.filter(({ name, readId }) => readId !== undefined && !name.startsWith("live-"))).toEqual([]);
  });

  it("does not get as far as an up where nobody can look whose MetalLB is, whatever the checks are told", async () => {
    const former = new Error("kubectl is not on the PATH");
    const off = { ...adopt, checks: { whenUnreachable: "Off" } };
    await expect(runProgram(off, { former })).rejects.toThrow(/could not be looked up: kubectl is not on the PATH/);
    await expect(runProgram(off, { former, preview: true })).resolves.toBeDefined();
    await expect(runProgram({ ...off, shared: "own" }, { former })).resolves.toBeDefined();
  });
});
