import { expect, it } from "vitest";
import { committedConnection } from "./connection.ts";

it("a new stack's cluster is the one that its committed config names", () => {
  const config = { "kubernetes:context": { value: "home" }, "kubernetes:kubeconfig": { value: "/etc/k3s.yaml" } };
  expect(committedConnection(config)).toEqual({
    ok: true,
    connection: { context: "home", kubeconfig: "/etc/k3s.yaml" },
  });
});

it("a new stack's cluster is that of the environment where its config names none", () => {
  expect(committedConnection({ "esddns:shared": { value: "own" } })).toEqual({ ok: true, connection: {} });
});

it("a kubeconfig may be written out", () => {
  const kubeconfig = { apiVersion: "v1", kind: "Config" };
  expect(committedConnection({ "kubernetes:kubeconfig": { objectValue: kubeconfig } })).toEqual({
    ok: true,
    connection: { kubeconfig: JSON.stringify(kubeconfig) },
  });
});

it("no other cluster is looked at in place of one whose kubeconfig is encrypted", () => {
  const config = { "kubernetes:context": { value: "home" }, "kubernetes:kubeconfig": { secret: true } };
  expect(committedConnection(config)).toEqual({ ok: false, encrypted: ["kubernetes:kubeconfig"] });
});
