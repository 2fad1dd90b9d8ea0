import type { Read } from "@esddns/common/cluster";
import { crds } from "@esddns/common/api";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { formerlyOwned, NEVER_OWNED } from "./formerOwner.ts";

const OWN = "esddns-home";
const OTHER = "esddns-development";
const names = crds.map(({ metadata }) => metadata.name);
const crdPath = (name: string) => `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
const NAMESPACES = "/api/v1/namespaces";
const CONTROLLERS = "/apis/apps/v1/deployments?labelSelector=app.kubernetes.io%2Fcomponent%3Dcontroller";
const release = (namespace: string) =>
  `/api/v1/namespaces/${namespace}/secrets?labelSelector=owner%3Dhelm%2Cname%3Dmetallb&limit=1`;

/** Lists are empty unless given. A text is the reason why a path may not be read. */
function look(objects: Readonly<Record<string, unknown>>, metallbNamespace = "metallb-system") {
  const get = <T>(path: string, schema: z.ZodType<T>): Promise<Read<T>> => {
    const object = objects[path] ?? (path.includes("/customresourcedefinitions/") ? undefined : { items: [] });
    if (object === undefined) return Promise.resolve({ read: false, why: "NotFound", reason: "NotFound" });
    if (typeof object === "string") return Promise.resolve({ read: false, why: object, reason: "Failed" });
    return Promise.resolve({ read: true, value: schema.parse(object) });
  };
  return formerlyOwned({ get }, { namespace: OWN, stackId: "esddns/home", metallbNamespace });
}

const namespaces = (all: Readonly<Record<string, object>>) => ({
  [NAMESPACES]: { items: Object.entries(all).map(([name, metadata]) => ({ metadata: { name, ...metadata } })) },
});
const definitions = (metadata: object) => Object.fromEntries(names.map((name) => [crdPath(name), { metadata }]));
/** The metadata carries the namespace of another stack. */
const shared = (metadata: object) => ({
  ...namespaces({ "metallb-system": metadata, [OTHER]: {} }),
  ...definitions(metadata),
});
const controller = (owner?: string, namespace = "metallb-system") => ({
  [CONTROLLERS]: {
    items: [
      {
        metadata: { namespace, name: "lb-controller" },
        spec: { template: { metadata: { labels: owner === undefined ? {} : { "esddns.io/owner": owner } } } },
      },
    ],
  },
});
const helm = { [release("metallb-system")]: { items: [{}] } };
const label = (owner: string) => ({ labels: { "esddns.io/owner": owner } });
const writtenBy = (manager: string) => ({ managedFields: [{ manager }] });
const all = { namespace: "metallb-system", release: "metallb-system", definitions: names };

it("is what carries this stack's name, whatever values of the chart call MetalLB's Deployment", async () => {
  expect(await look({ ...shared(label(OWN)), ...controller(OWN), ...helm })).toEqual(all);
  // The controller of that stack may be switched off, or deleted.
  expect(await look({ ...shared(label(OWN)), ...helm })).toEqual(all);
  expect(await look({ ...shared(label(OWN)), ...controller(OWN) })).toEqual({ ...all, release: undefined });
});

it("is what a version has installed that put its name on MetalLB's pods only", async () => {
  expect(await look({ ...shared(writtenBy("esddns")), ...controller(OWN), ...helm })).toEqual(all);
});

it("is what a version before wrote over a MetalLB that nobody's name is on, when Helm had not refused yet", async () => {
  for (const manager of ["esddns", "pulumi-kubernetes-1a2b"])
    expect(await look({ ...shared(writtenBy(manager)), ...controller(), ...helm })).toEqual({
      ...all,
      release: undefined,
    });
});

it("is nothing where another stack owns it, where no stack wrote it, and where there is none", async () => {
  const others = [
    { ...shared(label(OTHER)), ...controller(OTHER), ...helm },
    { ...shared(writtenBy("esddns")), ...controller(OTHER), ...helm },
    { ...shared(writtenBy("esddns-definitions")), ...controller(), ...helm },
    {},
  ];
  for (const objects of others) expect(await look(objects)).toEqual(NEVER_OWNED);
});

describe("together with adopt", () => {
  it("another MetalLB may be named: the stack's own is found where it is", async () => {
    const objects = {
      ...namespaces({ "metallb-system": label(OWN), lb: {} }),
      ...definitions(label(OWN)),
      ...controller(OWN),
      ...helm,
    };
    expect(await look(objects, "lb")).toEqual(all);
  });

  it("the stack may get another namespace: what carries the former one's name is its own", async () => {
    const objects = (stackId: string) => ({
      ...namespaces({
        "metallb-system": label("esddns-before"),
        "esddns-before": { annotations: { "esddns.io/stack": stackId } },
      }),
      ...definitions(label("esddns-before")),
      ...controller("esddns-before"),
      ...helm,
    });
    expect(await look(objects("esddns/home"))).toEqual(all);
    expect(await look(objects("esddns/other"))).toEqual(NEVER_OWNED);
  });
});

it("is not guessed where two namespaces carry this stack's name", async () => {
  const objects = namespaces({ "metallb-system": label(OWN), lb: label(OWN) });
  await expect(look(objects, "lb")).rejects.toThrow(
    /^esddns:shared: is adopt, and metallb-system and lb both .*kubectl label namespace NAME esddns\.io\/owner-$/,
  );
});

it.each([[NAMESPACES], [CONTROLLERS], [crdPath(names[0] ?? "")], [release("metallb-system")]])(
  "is not known where %s may not be looked at",
  async (path) => {
    const objects = { ...shared(label(OWN)), ...controller(OWN), ...helm, [path]: "Forbidden" };
    await expect(look(objects)).rejects.toThrow("Forbidden");
  },
);
