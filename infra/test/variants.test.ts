import { isRpcSecret } from "@pulumi/pulumi/runtime/index.js";
import { beforeAll, describe, expect, it } from "vitest";
import { CONFIG, IMAGE, plain, runProgram, type ProgramRun } from "./testing.ts";

it("makes MetalLB, the page and its address while the WAN address is still awaited", async () => {
  const independent = [
    "kubernetes:helm.sh/v3:Release",
    "kubernetes:metallb.io/v1beta1:L2Advertisement",
    "kubernetes:apps/v1:Deployment",
    "kubernetes:core/v1:Service",
  ];
  // Were one of these to wait for the WAN address, neither would ever come.
  const program = await runProgram(CONFIG, {
    hold: { type: "kubernetes:esddns.io/v1alpha1:WanAddress", until: independent },
  });
  expect(program.outputs.loadBalancerIp).toBe("192.168.1.100");
});

it("lets the operator out for as long as it runs: it may have to delete records when all is taken away", async () => {
  const [policy, last] = ["kubernetes:networking.k8s.io/v1:NetworkPolicy", "kubernetes:networking.k8s.io/v1:Ingress"];
  const config = { ...CONFIG, service: { ingress: { host: "esddns.example.com" } } };
  const { resources } = await runProgram(config, { hold: { type: policy, until: [last] } });
  const order = resources.map(({ type }) => type);
  expect(order.indexOf("kubernetes:apps/v1:DaemonSet")).toBeGreaterThan(order.indexOf(last));
});

describe("beside another stack, with a Secret and an image of its own making", () => {
  let program: ProgramRun;
  beforeAll(async () => {
    program = await runProgram({
      ...CONFIG,
      gandiToken: "",
      shared: "adopt",
      gandiTokenSecret: { name: "my-token", key: "pat" },
      image: { builder: "buildah", containerd: ["/run/b.sock", "/run/a.sock"] },
      waitForWanSeconds: 0,
    });
  });

  const types = () => program.resources.map(({ type }) => type);

  it("adopts MetalLB and the definitions: it makes none of them, and keeps its pools to itself", () => {
    expect(types()).not.toContain("kubernetes:helm.sh/v3:Release");
    expect(types()).not.toContain("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition");
    const pool = program.one("kubernetes:metallb.io/v1beta1:IPAddressPool", "metallb-esddns-pool");
    expect(pool.inputs.spec).toMatchObject({ autoAssign: false });
    expect(program.outputs.metallb).toEqual({ version: null, namespace: "metallb-system" });
  });

  it("mounts a Secret that exists and makes none", () => {
    expect(types()).not.toContain("kubernetes:core/v1:Secret");
    expect(program.one("kubernetes:apps/v1:DaemonSet").inputs.spec).toMatchObject({
      template: { spec: { volumes: [{ secret: { secretName: "my-token", items: [{ key: "pat", path: "token" }] } }] } },
    });
  });

  it("builds the image by what it is made of and for which nodes, whatever the checkout is called", () => {
    const { inputs } = program.one("command:local:Command");
    expect(inputs["triggers"]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), ["/run/a.sock", "/run/b.sock"]]);
    expect(JSON.stringify(inputs)).not.toContain(new URL("../..", import.meta.url).pathname);
  });

  it("waits for nothing where it is told so", () => {
    expect(program.one("kubernetes:esddns.io/v1alpha1:WanAddress").inputs.metadata?.annotations).not.toHaveProperty([
      "pulumi.com/waitFor",
    ]);
  });
});

it("names an image in a registry by the digest that its builder prints", async () => {
  const image = { builder: "buildah", registry: "registry.example.com/home" };
  const { outputs } = await runProgram({ ...CONFIG, image });
  expect(outputs.operatorImage).toBe(`registry.example.com/home@${IMAGE}`);
});

it("keeps in the state as a secret what the config holds as one", async () => {
  const config = {
    ...CONFIG,
    metallb: { values: { imageCredentials: { password: "hunter2" } } },
    image: { builder: "docker", loadCommand: ["load", "--password=hunter2", "{archive}"] },
  };
  const program = await runProgram(config, { secrets: ["metallb", "image"] });
  const [release, command] = ["kubernetes:helm.sh/v3:Release", "command:local:Command"].map((type) =>
    program.one(type),
  );
  expect(JSON.stringify([release, command].map((each) => plain(each?.inputs))).match(/hunter2/g)).toHaveLength(3);
  expect(JSON.stringify(program.resources.map(({ inputs }) => withoutSecrets(inputs)))).not.toContain("hunter2");
});

function withoutSecrets(value: unknown): unknown {
  if (isRpcSecret(value)) return "[secret]";
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutSecrets(each)]));
}
