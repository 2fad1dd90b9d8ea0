import { expect, it } from "vitest";
import { annotationPrefix, versionOf } from "./version.ts";

it.each([
  ["0.13.12", "metallb.universe.tf"],
  ["0.14.5", "metallb.universe.tf"],
  ["0.14.8", "metallb.universe.tf"],
  ["0.14.9", "metallb.io"],
  ["0.14.10", "metallb.io"],
  ["0.15.3", "metallb.io"],
  ["1.0.0-rc1", "metallb.io"],
  [undefined, "metallb.io"],
])("MetalLB %s takes annotations that begin with %s", (version, prefix) => {
  expect(annotationPrefix(version)).toBe(prefix);
});

it.each([
  ["quay.io/metallb/controller:v0.14.5", "0.14.5"],
  ["registry.lan:5000/metallb/controller:0.15.3-debian-12-r1", "0.15.3"],
  [`quay.io/metallb/controller:v0.14.5@sha256:${"0".repeat(64)}`, "0.14.5"],
  ["v0.13.7", "0.13.7"],
  [`quay.io/metallb/controller@sha256:${"0".repeat(64)}`, undefined],
  ["quay.io/metallb/controller:main", undefined],
])("%s is of version %s", (image, version) => {
  expect(versionOf(image)).toBe(version);
});
