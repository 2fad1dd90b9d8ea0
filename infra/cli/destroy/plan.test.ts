import { expect, it } from "vitest";
import { planDestroy, type DestroyFacts } from "./plan.ts";

const RELEASE = "kubernetes:helm.sh/v3:Release";
const DEFINITION = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition";
const resource = (type: string, name: string, retainOnDelete: boolean) => ({
  type,
  urn: `urn:pulumi:production::esddns::${type}::${name}`,
  id: name,
  external: false,
  retainOnDelete,
});
const owner = (retain: boolean) => [
  resource(RELEASE, "metallb-release", retain),
  resource(DEFINITION, "wanaddresses.esddns.io", retain),
  resource("kubernetes:apps/v1:DaemonSet", "operator-daemon", false),
];
const nobody = { stacks: [], pools: [], services: [], servicesUsingPools: [] };
const development = {
  stacks: ["esddns-development"],
  pools: ["esddns-dev-pool"],
  services: ["games/web"],
  servicesUsingPools: [],
};
const facts: DestroyFacts = {
  state: owner(false),
  others: nobody,
  takenBy: undefined,
  foreignObjects: [],
  records: [],
  operatorReady: true,
  abandonRecords: false,
  keepOnDestroy: false,
};

it("takes all away where nobody else uses it", () => {
  expect(planDestroy(facts)).toEqual({ keeps: [], blockers: [], warnings: [] });
});

it("refuses to take MetalLB and the definitions from another stack, and names what is in the way", () => {
  const { blockers } = planDestroy({ ...facts, others: development });
  expect(blockers).toEqual([
    expect.stringMatching(/MetalLB from the address pools esddns-dev-pool and the Services games\/web.*keepOnDestroy/),
    expect.stringMatching(/definitions from the stacks in esddns-development/),
  ]);
});

it("keeps both for others where keepOnDestroy was set", () => {
  const plan = planDestroy({ ...facts, state: owner(true), others: development, keepOnDestroy: true });
  expect(plan).toEqual({ keeps: ["MetalLB", "the custom resource definitions"], blockers: [], warnings: [] });
});

it("lets an adopter go, whoever else is there: it takes nothing shared along", () => {
  const state = [resource("kubernetes:apps/v1:DaemonSet", "operator-daemon", false)];
  expect(planDestroy({ ...facts, state, others: development })).toEqual({ keeps: [], blockers: [], warnings: [] });
});

it("says whose Services lose an address, though MetalLB stays", () => {
  const others = { ...development, servicesUsingPools: ["games/web"] };
  expect(planDestroy({ ...facts, state: owner(true), others, keepOnDestroy: true })).toMatchObject({
    blockers: [],
    warnings: [expect.stringMatching(/pools go.*: games\/web$/)],
  });
});

it("does not take other people's things along with the namespace", () => {
  expect(planDestroy({ ...facts, foreignObjects: ["Deployment web", "PersistentVolumeClaim data"] }).blockers).toEqual([
    expect.stringMatching(/namespace goes.*Deployment web, PersistentVolumeClaim data/),
  ]);
});

it("says that a keepOnDestroy which no up has stored yet does not count", () => {
  const { warnings } = planDestroy({ ...facts, keepOnDestroy: true });
  expect(warnings).toEqual([expect.stringMatching(/is true now, but the last up was made with false/)]);
});

it("does not hang on a record that nobody is left to delete", () => {
  const records = [
    { name: "home.example.com", finalizer: true },
    { name: "other.example.com", finalizer: false },
  ];
  const dead = { ...facts, records, operatorReady: false };
  expect(planDestroy(dead).blockers).toEqual([
    expect.stringMatching(/delete home\.example\.com at Gandi.*--abandon-records/),
  ]);
  expect(planDestroy({ ...dead, abandonRecords: true }).blockers).toEqual([]);
  expect(planDestroy({ ...dead, operatorReady: true }).blockers).toEqual([]);
});

it("does not take a namespace away that another stack has taken over", () => {
  expect(planDestroy({ ...facts, takenBy: "esddns/production" }).blockers).toEqual([
    expect.stringMatching(/namespace is that of the stack esddns\/production now.*pulumi stack rm/),
  ]);
});

it("does not take the namespace of a foreign MetalLB along, which an up of an earlier version has written over", () => {
  const state = [resource("kubernetes:core/v1:Namespace", "metallb-namespace", false)];
  const { blockers } = planDestroy({ ...facts, state, others: { ...nobody, pools: ["home-pool"] } });
  expect(blockers).toEqual([expect.stringMatching(/MetalLB from the address pools home-pool/)]);
});
