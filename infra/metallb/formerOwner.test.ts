import { crds } from "@esddns/common/api";
import { expect, it } from "vitest";
import type { z } from "zod";
import type { Found } from "../kubernetes/cluster.ts";
import { formerlyOwned, NEVER_OWNED } from "./formerOwner.ts";

const OWN = "esddns-home";
const OTHER = "esddns-development";
const NAMESPACE = "/api/v1/namespaces/metallb-system";
const names = crds.map(({ metadata }) => metadata.name);
const crdPath = (name: string) => `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;

function look(objects: Readonly<Record<string, unknown>>) {
  const get = <T>(path: string, schema: z.ZodType<T>): Promise<Found<T>> => {
    const object = objects[path];
    if (object === undefined) return Promise.resolve({ found: false, why: "NotFound", absent: true });
    if (typeof object === "string") return Promise.resolve({ found: false, why: object, absent: false });
    return Promise.resolve({ found: true, value: schema.parse(object) });
  };
  return formerlyOwned({ get }, { namespace: OWN, metallbNamespace: "metallb-system" });
}

const shared = (metadata: object) =>
  Object.fromEntries([NAMESPACE, ...names.map(crdPath)].map((path) => [path, { metadata }]));
const controller = (owner?: string) => ({
  "/apis/apps/v1/namespaces/metallb-system/deployments/metallb-controller": {
    spec: { template: { metadata: { labels: owner === undefined ? {} : { "esddns.io/owner": owner } } } },
  },
  [`/api/v1/namespaces/${OTHER}`]: { metadata: {} },
});
const label = (owner: string) => ({ labels: { "esddns.io/owner": owner } });
const writtenBy = (manager: string) => ({ managedFields: [{ manager }] });

it("is what carries this stack's name", async () => {
  const all = { namespace: true, release: true, definitions: names };
  expect(await look({ ...shared(label(OWN)), ...controller(OWN) })).toEqual(all);
});

it("is what a version before wrote over a MetalLB that nobody's name is on, when Helm had not refused yet", async () => {
  for (const manager of ["esddns", "pulumi-kubernetes-1a2b"])
    expect(await look({ ...shared(writtenBy(manager)), ...controller() })).toEqual({
      namespace: true,
      release: false,
      definitions: names,
    });
});

it("is nothing where another stack owns it, where no stack wrote it, and where there is none", async () => {
  const others = [
    { ...shared(label(OTHER)), ...controller(OTHER) },
    { ...shared(writtenBy("esddns")), ...controller(OTHER) },
    { ...shared(writtenBy("esddns-definitions")), ...controller() },
    {},
  ];
  for (const objects of others) expect(await look(objects)).toEqual(NEVER_OWNED);
});

it("is not known where it may not be looked at", async () => {
  await expect(look({ ...shared(label(OWN)), ...controller(OWN), [NAMESPACE]: "Forbidden" })).rejects.toThrow(
    "Forbidden",
  );
});
