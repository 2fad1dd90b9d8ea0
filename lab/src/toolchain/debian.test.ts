import { expect, it } from "vitest";
import { missingPackages } from "./debian.ts";

it("a package is missing unless it is installed to the end", () => {
  const lines = "curl ii \nknot rc \netcd-server iU \nruncible ii \n";
  expect(missingPackages(["curl", "knot", "etcd-server", "runc"], lines)).toEqual(["knot", "etcd-server", "runc"]);
});
