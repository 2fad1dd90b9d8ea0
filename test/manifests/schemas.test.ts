import { describe, expect, it } from "vitest";
import { builtInSchemas, customSchemas } from "./schemas.ts";

const swagger = {
  definitions: {
    "io.k8s.api.apps.v1.Deployment": {
      properties: { spec: { $ref: "#/definitions/spec" } },
      "x-kubernetes-group-version-kind": [{ group: "apps", version: "v1", kind: "Deployment" }],
    },
    "io.k8s.api.core.v1.Pod": { "x-kubernetes-group-version-kind": [{ group: "", version: "v1", kind: "Pod" }] },
    spec: { properties: { labels: { additionalProperties: { type: "string" } } } },
    unrelated: {},
  },
};

describe("the schemas of Kubernetes", () => {
  it("are named as kubeconform looks for them", () => {
    expect([...builtInSchemas(swagger).keys()]).toEqual(["deployment-apps-v1.json", "pod-v1.json"]);
  });

  it("carry what they refer to, and refuse fields that they do not name", () => {
    expect(builtInSchemas(swagger).get("deployment-apps-v1.json")).toMatchObject({
      $ref: "#/definitions/io.k8s.api.apps.v1.Deployment",
      definitions: {
        "io.k8s.api.apps.v1.Deployment": { additionalProperties: false },
        spec: { additionalProperties: false, properties: { labels: { additionalProperties: { type: "string" } } } },
      },
    });
    expect(JSON.stringify(builtInSchemas(swagger).get("deployment-apps-v1.json"))).not.toContain("unrelated");
  });
});

it("the schemas of custom resources refuse fields that the definition does not name, unless it keeps them", () => {
  const openAPIV3Schema = {
    properties: {
      spec: { properties: { a: { "x-kubernetes-int-or-string": true } } },
      status: { properties: {}, "x-kubernetes-preserve-unknown-fields": true },
    },
  };
  const spec = {
    group: "esddns.io",
    names: { kind: "WanAddress" },
    versions: [{ name: "v1", schema: { openAPIV3Schema } }],
  };
  const schemas = customSchemas({ spec });
  expect([...schemas.keys()]).toEqual(["wanaddress-esddns-v1.json"]);
  expect(schemas.get("wanaddress-esddns-v1.json")).toMatchObject({
    additionalProperties: false,
    properties: {
      kind: { type: "string" },
      spec: { additionalProperties: false, properties: { a: { type: ["string", "integer"] } } },
    },
  });
  expect(schemas.get("wanaddress-esddns-v1.json")).not.toHaveProperty("properties.status.additionalProperties");
});
