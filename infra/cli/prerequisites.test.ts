import { expect, it } from "vitest";
import { judgePrerequisites, type Surroundings } from "./prerequisites.ts";
import { imagePrograms } from "./programs.ts";

const found: Surroundings = {
  missing: {},
  backend: { loggedIn: true, needsPassphrase: false },
  cluster: { reachable: true },
  mayInstall: true,
  nodes: ["node1"],
  metallb: undefined,
  pools: [],
  ownsRelease: false,
  hasToken: true,
};
const config = {
  shared: "own",
  namespace: "esddns-production",
  image: { kind: "reference", reference: "x@sha256:0" },
  pools: [{ name: "esddns-pool" }],
} as const;
const problems = (surroundings: Surroundings, needs: Parameters<typeof judgePrerequisites>[1] = config, take = false) =>
  judgePrerequisites(surroundings, needs, take)
    .filter(({ level }) => level === "problem")
    .map(({ text }) => text);

it("has nothing to say against a cluster without MetalLB", () => {
  expect(problems(found)).toEqual([]);
});

it("names everything that is missing at once, each with its remedy", () => {
  const nothing: Surroundings = {
    ...found,
    missing: { buildah: "buildah is not on the PATH" },
    backend: { loggedIn: false, needsPassphrase: false },
    cluster: { reachable: false, why: "connection refused" },
    hasToken: false,
  };
  expect(problems(nothing)).toEqual([
    "buildah is not on the PATH",
    expect.stringContaining("pulumi login"),
    expect.stringContaining("GANDI_API_KEY="),
    expect.stringContaining("connection refused"),
  ]);
});

it("asks for the passphrase before Pulumi would, on a terminal that may not be there", () => {
  const locked = { ...found, backend: { loggedIn: true, needsPassphrase: true } };
  expect(problems(locked)).toEqual([expect.stringContaining("PULUMI_CONFIG_PASSPHRASE")]);
});

it("does not install a second MetalLB beside another stack's, or anybody's", () => {
  expect(problems({ ...found, metallb: { owner: "esddns-development" } })).toEqual([
    expect.stringMatching(/belongs to the stack with the namespace esddns-development.*--adopt/),
  ]);
  expect(problems({ ...found, metallb: { owner: undefined } })).toEqual([expect.stringContaining("--adopt")]);
});

it("takes over its own, kept at a destroy, and anybody's when it is told so", () => {
  expect(problems({ ...found, metallb: { owner: "esddns-production" } })).toEqual([]);
  expect(problems({ ...found, metallb: { owner: undefined } }, config, true)).toEqual([]);
  expect(problems({ ...found, metallb: { owner: "esddns-development" } }, config, true)).toHaveLength(1);
  expect(problems({ ...found, metallb: { owner: undefined }, ownsRelease: true })).toEqual([]);
});

it("has something to adopt, or says so", () => {
  const adopt = { ...config, shared: "adopt" } as const;
  expect(problems(found, adopt)).toEqual([expect.stringContaining("no MetalLB to adopt")]);
  expect(problems({ ...found, metallb: { owner: undefined } }, adopt)).toEqual([]);
  const own = { ...found, metallb: { owner: "esddns-production" }, ownsRelease: true };
  expect(problems(own, adopt)).toEqual([expect.stringContaining("is this stack's own")]);
});

it("warns of nodes that the image does not reach", () => {
  const containerd = ["/run/containerd/containerd.sock"];
  const image = { kind: "build", builder: "buildah", delivery: { containerd }, nodes: containerd } as const;
  const findings = judgePrerequisites({ ...found, nodes: ["a", "b", "c"] }, { ...config, image }, false);
  expect(findings).toContainEqual({
    level: "warning",
    text: expect.stringContaining("1 containerd of 3 nodes") as string,
  });
});

it("does not share a pool with another stack, nor take one over unasked", () => {
  const pool = (owner: string | undefined): Surroundings => ({ ...found, pools: [{ name: "esddns-pool", owner }] });
  expect(problems(pool("esddns-development"), config, true)).toEqual([
    expect.stringMatching(
      /pool esddns-pool is there already, and belongs to the stack .*esddns-development.*otherwise/,
    ),
  ]);
  expect(problems(pool(undefined))).toEqual([expect.stringContaining("is not of this stack")]);
  expect(problems(pool(undefined), config, true)).toEqual([]);
  expect(problems(pool("esddns-production"))).toEqual([]);
  expect(problems({ ...found, pools: [{ name: "another", owner: undefined }] })).toEqual([]);
});

it("knows which programs an image needs here", () => {
  const build = { kind: "build", builder: "docker", nodes: [] } as const;
  const containerd = ["/run/containerd/containerd.sock", "ssh://node2/run/k3s/x.sock", "/run/k3s/containerd/c.sock"];
  expect(imagePrograms({ ...build, delivery: { containerd } })).toEqual(["docker", "ctr", "ssh", "k3s"]);
  expect(imagePrograms({ ...build, delivery: { loadCommand: ["kind", "{archive}"] } })).toEqual(["docker", "kind"]);
  expect(imagePrograms({ ...build, delivery: { registry: "r.example.com/x" } })).toEqual(["docker"]);
  expect(imagePrograms(config.image)).toEqual([]);
});
