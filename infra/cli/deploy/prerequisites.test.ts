import { describe, expect, it } from "vitest";
import { parseStackConfig } from "../../config/parse.ts";
import { formatProblem } from "../../config/validation/problem.ts";
import { evaluatePrerequisites, type Environment } from "./prerequisites.ts";
import { buildComplaint, imagePrograms } from "../programs.ts";

const found: Environment = {
  missing: {},
  backend: { loggedIn: true, needsPassphrase: false },
  cluster: { reachable: true },
  mayInstall: true,
  nodes: ["node1"],
  metallb: undefined,
  objects: [],
  namespace: undefined,
  ownsNamespace: false,
  stackId: "esddns/production",
  stackIds: ["esddns/development"],
  ownsRelease: false,
  hasToken: true,
};
const parsed = parseStackConfig(
  {
    pools: [{ name: "esddns-pool", addresses: ["192.168.1.100-192.168.1.110"] }],
    l2: [{ name: "lan", pools: ["esddns-pool"] }],
    image: { reference: `x@sha256:${"a".repeat(64)}` },
  },
  { stack: "production", secretKeys: new Set() },
);
if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join("\n"));
const { config } = parsed;
const problems = (
  environment: Environment,
  needs: Parameters<typeof evaluatePrerequisites>[1] = config,
  take = false,
) =>
  evaluatePrerequisites(environment, needs, take)
    .filter(({ level }) => level === "problem")
    .map(({ text }) => text);

it("has nothing to say against a cluster without MetalLB", () => {
  expect(problems(found)).toEqual([]);
});

it("names everything that is missing at once, each with its remedy", () => {
  const nothing: Environment = {
    ...found,
    missing: { buildah: "buildah is not on the PATH" },
    backend: { loggedIn: false, why: "error: read .pulumi/meta.yaml: EOF", needsPassphrase: false },
    cluster: { reachable: false, why: "connection refused" },
    hasToken: false,
  };
  expect(problems(nothing)).toEqual([
    "buildah is not on the PATH",
    expect.stringMatching(/meta\.yaml: EOF.*pulumi login/),
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
  const findings = evaluatePrerequisites({ ...found, nodes: ["a", "b", "c"] }, { ...config, image }, false);
  expect(findings).toContainEqual({
    level: "warning",
    text: expect.stringContaining("1 containerd of 3 nodes") as string,
  });
});

it.each([
  ["IPAddressPool", "esddns-pool", "esddns:pools[0].name"],
  ["L2Advertisement", "lan", "esddns:l2[0].name"],
] as const)("does not share an %s with another stack, nor take one over unasked", (kind, name, key) => {
  const there = (owner: string | undefined): Environment => ({ ...found, objects: [{ kind, name, owner }] });
  const [others = "", ...more] = problems(there("esddns-development"), config, true);
  expect(more).toEqual([]);
  expect(others).toContain(`${kind} ${name} exists already, and belongs to the stack with the namespace esddns-dev`);
  expect(others).toContain(`otherwise: ${key}`);
  expect(problems(there(undefined))).toEqual([expect.stringMatching(/this stack did not make it.*--take-over/)]);
  expect(problems(there(undefined), config, true)).toEqual([]);
  expect(problems(there("esddns-production"))).toEqual([]);
  const another: Environment = { ...found, objects: [{ kind, name: "another", owner: undefined }] };
  expect(problems(another)).toEqual([]);
});

describe("the stack's namespace", () => {
  const there = (namespace: Environment["namespace"], over: Partial<Environment> = {}, takeOver = false) =>
    problems({ ...found, namespace, ...over }, config, takeOver);

  it("is not another stack's, which a copied esddns:namespace would take over", () => {
    const developments = { by: "stack", stackId: "esddns/development" } as const;
    expect(there(developments)).toEqual([
      expect.stringMatching(
        /^esddns:namespace: "esddns-production" is the namespace of the stack esddns\/development.*--take-over/,
      ),
    ]);
    // With --take-over it takes a namespace of a stack that no longer exists or was renamed, and no other.
    expect(there(developments, {}, true)).toEqual([expect.stringContaining("Pulumi has that stack still")]);
    expect(there(developments, { stackIds: ["esddns/production"] }, true)).toEqual([]);
  });

  it("is this stack's own, whatever state it has", () => {
    expect(there({ by: "stack", stackId: "esddns/production" })).toEqual([]);
  });

  it("of an earlier version is this stack's by its state, or where the word for a lost state is given", () => {
    const earlier = { by: "earlier version" } as const;
    expect(there(earlier, { ownsNamespace: true })).toEqual([]);
    expect(there(earlier)).toEqual([expect.stringMatching(/^esddns:namespace: .*--take-over/)]);
    expect(there(earlier, {}, true)).toEqual([]);
  });

  it("is nobody's with work in it, unless that is what is asked for", () => {
    const monitoring = { by: "others", contents: ["Deployment grafana", "Service grafana"] } as const;
    expect(there(monitoring)).toEqual([expect.stringContaining("Deployment grafana, Service grafana")]);
    expect(there(monitoring, {}, true)).toEqual([]);
    expect(there({ by: "others", contents: [] })).toEqual([]);
  });
});

it("knows which programs an image needs here", () => {
  const build = { kind: "build", builder: "docker", nodes: [] } as const;
  const containerd = ["/run/containerd/containerd.sock", "ssh://node2/run/k3s/x.sock", "/run/k3s/containerd/c.sock"];
  expect(imagePrograms({ ...build, delivery: { containerd } })).toEqual(["docker", "ctr", "ssh", "k3s"]);
  expect(imagePrograms({ ...build, delivery: { loadCommand: ["kind", "{archive}"] } })).toEqual(["docker", "kind"]);
  expect(imagePrograms({ ...build, delivery: { registry: "r.example.com/x" } })).toEqual(["docker"]);
  expect(imagePrograms(config.image)).toEqual([]);
});

it("builds an image on Linux x64 only, and uses a ready one from anywhere", () => {
  const build = { kind: "build", builder: "docker", nodes: [], delivery: { registry: "r.example.com/x" } } as const;
  const mac = { platform: "darwin", arch: "arm64" };
  expect(buildComplaint(build, { platform: "linux", arch: "x64" })).toBeUndefined();
  expect(buildComplaint(build, mac)).toMatch(/Linux x64.*darwin arm64.*esddns:image\.reference/);
  expect(buildComplaint(config.image, mac)).toBeUndefined();
});
