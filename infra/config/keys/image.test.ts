import { describe, expect, it } from "vitest";
import { imageSchema, imageSource } from "./image.ts";
import { formatProblem } from "../validation/problem.ts";

const reference = `registry.example.com/esddns@sha256:${"a".repeat(64)}`;
const sourceOf = (image: unknown) => imageSource(imageSchema.parse(image));
const problemsOf = (image: unknown) => {
  const read = sourceOf(image);
  return "problems" in read ? read.problems.map(formatProblem) : [];
};

it.each([{ reference }, { builder: "none", reference }])("is a ready one: %j", (image) => {
  expect(sourceOf(image)).toEqual({ source: { kind: "reference", reference } });
});

describe("one that is built", () => {
  it.each(["buildah", "docker"])(
    "by %s goes into this machine's containerd unless something else is said",
    (builder) => {
      const containerd = ["/run/containerd/containerd.sock"];
      expect(sourceOf({ builder })).toEqual({
        source: { kind: "build", builder, delivery: { containerd }, nodes: containerd },
      });
    },
  );

  it("is built again for another node, in whatever order they are written, and not for the same ones", () => {
    const [here, there] = ["/run/containerd/containerd.sock", "ssh://root@node2/run/k3s/containerd/containerd.sock"];
    const both = sourceOf({ builder: "buildah", containerd: [there, here] });
    expect(both).toEqual(sourceOf({ builder: "buildah", containerd: [here, there, here] }));
    expect(both).not.toEqual(sourceOf({ builder: "buildah", containerd: [here] }));
  });

  it("goes to a registry, or is loaded by a command of the user's", () => {
    expect(sourceOf({ builder: "docker", registry: "registry.example.com:5000/home/esddns" })).toMatchObject({
      source: { delivery: { registry: "registry.example.com:5000/home/esddns" } },
    });
    const loadCommand = ["kind", "load", "image-archive", "{archive}", "--name", "home"];
    const one = sourceOf({ builder: "docker", loadCommand, nodes: ["b", "a"] });
    expect(one).toMatchObject({ source: { delivery: { loadCommand }, nodes: [...loadCommand, "a", "b"] } });
    expect(one).not.toEqual(sourceOf({ builder: "docker", loadCommand, nodes: ["a"] }));
  });
});

it.each([
  [{}, "esddns:image: says neither reference nor builder"],
  [{ builder: "none" }, "esddns:image: says neither"],
  [{ builder: "docker", reference }, "esddns:image: says both"],
  [{ reference, registry: "registry.example.com/esddns" }, "esddns:image.registry: has no effect"],
  [{ builder: "docker", registry: "r.example.com/x", containerd: ["/run/c.sock"] }, "says registry and containerd"],
  [{ builder: "docker", loadCommand: ["minikube", "image", "load"] }, "esddns:image.loadCommand: does not say where"],
  [{ builder: "docker", nodes: ["a"] }, "esddns:image.nodes: has an effect with loadCommand only"],
])("%j: %s", (image, wrong) => {
  expect(problemsOf(image)).toEqual([expect.stringContaining(wrong)]);
});

it.each(["registry.example.com/esddns:latest", "esddns", "https://registry.example.com/esddns"])(
  "does not take %s for a place at a registry",
  (registry) => {
    expect(imageSchema.safeParse({ builder: "docker", registry }).success).toBe(false);
  },
);
