import { describe, expect, it } from "vitest";
import { imageProblems } from "./images.ts";
import { podTemplateOf } from "./pods.ts";
import { PRIVATE_RANGES, poolProblems } from "./pools.ts";
import { restrictedProblems } from "./restricted.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;

describe("images", () => {
  const problems = (image: string, allowTags = false) =>
    imageProblems({ containers: [{ name: "app", image }] }, allowTags);

  it.each([`app@${DIGEST}`, `registry.example.com:5000/a/app:1.2@${DIGEST}`])("by digest pass: %s", (image) => {
    expect(problems(image)).toEqual([]);
  });

  it.each(["app", "app:latest", "registry.example.com:5000/app", "registry.example.com:5000/app:latest"])(
    "that are whatever is newest are refused, also where tags are allowed: %s",
    (image) => {
      expect(problems(image)).toEqual([expect.stringContaining("newest")]);
      expect(problems(image, true)).toEqual([expect.stringContaining("newest")]);
    },
  );

  it("by tag pass only where tags are allowed", () => {
    expect(problems("registry.example.com:5000/app:1.2")).toEqual([expect.stringContaining("can be moved")]);
    expect(problems("registry.example.com:5000/app:1.2", true)).toEqual([]);
  });

  it("of init containers count too", () => {
    expect(imageProblems({ initContainers: [{ name: "first", image: "app" }], containers: [] }, true)).toHaveLength(1);
  });
});

describe("pods", () => {
  const context = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };
  const ownContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
  const good = {
    securityContext: context,
    volumes: [{ name: "tmp", emptyDir: {} }],
    containers: [{ name: "app", securityContext: ownContext }],
  };

  it("that the standard admits pass", () => {
    expect(restrictedProblems(good)).toEqual([]);
    const bind = { ...ownContext, capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } };
    expect(restrictedProblems({ ...good, containers: [{ name: "app", securityContext: bind }] })).toEqual([]);
  });

  it("without any security context have all that is missing named", () => {
    expect(restrictedProblems({ containers: [{ name: "app" }] })).toEqual([
      "container app: allowPrivilegeEscalation is not false",
      "container app: runAsNonRoot is not true",
      "container app: seccompProfile.type is neither RuntimeDefault nor Localhost",
      "container app: capabilities.drop lacks ALL",
    ]);
  });

  it.each([
    ["the host's network", { hostNetwork: true }, "hostNetwork is on"],
    [
      "a folder of the host",
      { volumes: [{ name: "etc", hostPath: { path: "/etc" } }] },
      "the volume etc is of type hostPath",
    ],
    ["an unsafe sysctl", { securityContext: { ...context, sysctls: [{ name: "kernel.msgmax" }] } }, "kernel.msgmax"],
    ["root", { securityContext: { ...context, runAsUser: 0 } }, "the pod runs as user 0"],
    [
      "root, though its containers are somebody else",
      {
        securityContext: { ...context, runAsUser: 0 },
        containers: [{ name: "app", securityContext: { ...ownContext, runAsUser: 1000 } }],
      },
      "the pod runs as user 0",
    ],
    [
      "leave to be root, which its containers do not take",
      {
        securityContext: { ...context, runAsNonRoot: false },
        containers: [{ name: "app", securityContext: { ...ownContext, runAsNonRoot: true } }],
      },
      "runAsNonRoot of the pod is false",
    ],
    [
      "no seccomp profile, though its containers have one",
      {
        securityContext: { ...context, seccompProfile: { type: "Unconfined" } },
        containers: [{ name: "app", securityContext: { ...ownContext, ...context } }],
      },
      "seccompProfile of the pod is Unconfined",
    ],
    [
      "a capability",
      {
        containers: [
          { name: "app", securityContext: { ...ownContext, capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } } },
        ],
      },
      "it adds the capability NET_ADMIN",
    ],
    [
      "privilege",
      { containers: [{ name: "app", securityContext: { ...ownContext, privileged: true } }] },
      "it is privileged",
    ],
    [
      "a port of the host",
      { containers: [{ name: "app", ports: [{ hostPort: 80 }], securityContext: ownContext }] },
      "it takes the port 80 of its host",
    ],
    [
      "a container that takes back what its pod promised",
      { containers: [{ name: "app", securityContext: { ...ownContext, runAsNonRoot: false } }] },
      "runAsNonRoot is not true",
    ],
  ])("with %s are refused", (_what, change, problem) => {
    expect(restrictedProblems({ ...good, ...change })).toEqual([expect.stringContaining(problem)]);
  });

  it("are found in each kind that runs them", () => {
    const template = { spec: { containers: [] } };
    const metadata = { name: "a", namespace: "b" };
    const found = { namespace: "b", name: "a", spec: template.spec };
    expect(podTemplateOf("kubernetes:core/v1:Pod", { metadata, ...template })).toEqual(found);
    expect(podTemplateOf("kubernetes:apps/v1:DaemonSet", { metadata, spec: { template } })).toEqual(found);
    expect(
      podTemplateOf("kubernetes:batch/v1:CronJob", { metadata, spec: { jobTemplate: { spec: { template } } } }),
    ).toEqual(found);
    expect(podTemplateOf("kubernetes:core/v1:ConfigMap", { metadata })).toBeUndefined();
  });
});

describe("pools", () => {
  const problems = (address: string, allowed = PRIVATE_RANGES) =>
    poolProblems({ spec: { addresses: [address] } }, allowed);

  it.each(["192.168.1.100-192.168.1.110", "10.0.0.0/24", "10.0.0.100/28", "fd00::10 - fd00::20", "fd00:1::/112"])(
    "of private addresses pass without config: %s",
    (address) => {
      expect(problems(address)).toEqual([]);
    },
  );

  it.each(["203.0.113.0/28", "192.168.255.250-192.169.0.5", "172.16.0.0/11", "2001:db8::/112"])(
    "that reach beyond are refused: %s",
    (address) => {
      expect(problems(address)).toEqual([expect.stringContaining(`"${address}" is not within 10.0.0.0/8`)]);
    },
  );

  it("keep to the ranges of the config, and to one family each", () => {
    expect(problems("192.168.1.100-192.168.1.110", ["192.168.1.96/28"])).toEqual([]);
    expect(problems("192.168.1.100-192.168.1.112", ["192.168.1.96/28"])).toHaveLength(1);
    expect(problems("fd00::1/128", ["0.0.0.0/0"])).toHaveLength(1);
  });

  it("that cannot be read are refused, and so is a config that cannot", () => {
    expect(problems("192.168.1.100")).toEqual([expect.stringContaining("neither a CIDR nor a range")]);
    expect(() => problems("10.0.0.0/24", ["10.0.0.0-10.0.0.9"])).toThrow('"10.0.0.0-10.0.0.9" is not a CIDR');
  });
});
