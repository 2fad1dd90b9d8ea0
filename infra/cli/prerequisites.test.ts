import { expect, it } from "vitest";
import { judgePrerequisites, type Surroundings } from "./prerequisites.ts";

const found: Surroundings = {
  missing: {},
  backend: { loggedIn: true, needsPassphrase: false },
  cluster: { reachable: true },
  mayInstall: true,
  nodes: ["node1"],
  metallb: undefined,
  ownsRelease: false,
  hasToken: true,
};
const config = {
  shared: "own",
  namespace: "esddns-production",
  image: { kind: "reference", reference: "x@sha256:0" },
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
});

it("warns of nodes that the image does not reach", () => {
  const image = { kind: "buildah", containerd: ["/run/containerd/containerd.sock"] } as const;
  const findings = judgePrerequisites({ ...found, nodes: ["a", "b", "c"] }, { ...config, image }, false);
  expect(findings).toContainEqual({
    level: "warning",
    text: expect.stringContaining("1 containerd of 3 nodes") as string,
  });
});
