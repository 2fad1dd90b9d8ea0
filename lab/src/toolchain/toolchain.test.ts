import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectDir } from "../paths.ts";
import { cacheKey, requiredVersion, tools } from "./toolchain.ts";

const inputs = { goMod: "module a", goSum: "sum", flags: ["-trimpath"], goVersion: "go1.26" };

it("the key changes with everything that changes a binary", () => {
  const key = cacheKey(inputs);
  expect(cacheKey({ ...inputs })).toBe(key);
  const others = [
    { goMod: "module b" },
    { goSum: "other" },
    { flags: ["-trimpath", "-v"] },
    { goVersion: "go1.27" },
    { sources: ["package a"] },
  ];
  for (const other of others) expect(cacheKey({ ...inputs, ...other })).not.toBe(key);
});

it("the key tells where one input ends and the next begins", () => {
  expect(cacheKey({ ...inputs, goMod: "a", goSum: "bc" })).not.toBe(cacheKey({ ...inputs, goMod: "ab", goSum: "c" }));
});

it("reads the version of a required module", () => {
  const goMod = "require helm.sh/helm/v3 v3.1.0\n\nrequire (\n\tk8s.io/kubernetes v1.34.4 // indirect\n)\n";
  expect(requiredVersion(goMod, "k8s.io/kubernetes")).toBe("v1.34.4");
  expect(requiredVersion(goMod, "helm.sh/helm/v3")).toBe("v3.1.0");
  expect(() => requiredVersion(goMod, "k8s.io/kube")).toThrow(/does not require/);
});

it("Kubernetes carries its version in three parts", () => {
  const flags = tools
    .find(({ name }) => name === "kubernetes")
    ?.ldflags("v1.34.4")
    .join(" ");
  expect(flags).toMatch(/gitVersion=v1\.34\.4 .*gitMajor=1 .*gitMinor=34$/);
});

it("the tools that build on Kubernetes' libraries take them in one version, so that each is compiled once", async () => {
  const versions = new Map<string, Map<string, string[]>>();
  for (const tool of ["kubernetes", "helm", "metallb"]) {
    const goMod = await readFile(join(projectDir, "lab", "toolchain", tool, "go.mod"), "utf8");
    for (const [, module = "", version = ""] of goMod.matchAll(/^\s*(?:require )?([^\s/]+\.[^\s]+) (v\S+)/gm)) {
      const byVersion = versions.get(module) ?? new Map<string, string[]>();
      byVersion.set(version, [...(byVersion.get(version) ?? []), tool]);
      versions.set(module, byVersion);
    }
  }
  const different = [...versions].filter(([, byVersion]) => byVersion.size > 1).map(([module]) => module);
  expect(different).toEqual([]);
});
