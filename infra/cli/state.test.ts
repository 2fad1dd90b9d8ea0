import { expect, it } from "vitest";
import { namespacesOf, type StateResource } from "./state.ts";

const resource = (type: string, name: string, id: string): StateResource => ({
  type,
  urn: `urn:pulumi:production::esddns::esddns:operator:Operator$${type}::${name}`,
  id,
  external: false,
  retainOnDelete: false,
});

it("tells where the last up has put the stack", () => {
  const state = [
    resource("kubernetes:core/v1:Namespace", "metallb-namespace", "lb"),
    resource("kubernetes:core/v1:Namespace", "operator-namespace", "dns"),
    resource("kubernetes:metallb.io/v1beta1:IPAddressPool", "metallb-p", "lb/p"),
  ];
  expect(namespacesOf(state)).toEqual({ own: "dns", metallb: "lb" });
  expect(namespacesOf([])).toEqual({ own: undefined, metallb: undefined });
});
