import { expect, it } from "vitest";
import { formatProblem } from "../config/validation/problem.ts";
import type { SharingService } from "./facts.ts";
import { unshared } from "./sharedAddresses.ts";

const service = (name: string, address: string, keys: Partial<SharingService["keys"]> = {}): SharingService => ({
  namespace: "esddns-production",
  name,
  addresses: [address],
  keys: { "metallb.io": undefined, "metallb.universe.tf": undefined, ...keys },
});
const key = { "metallb.io": "esddns" };
const both = { ...key, "metallb.universe.tf": "esddns" };
const PAGE = service("page", "192.168.1.100", key);
const SHARING = [PAGE, service("push", "192.168.1.100", key)];

function problems(from: string | undefined, to: string, sharing: readonly SharingService[], shared = "own" as const) {
  const running = { version: from, native: true, ignoresExcludeLabel: false };
  const metallb = { namespace: "metallb-system", version: to, chart: "metallb", repository: "", values: {} };
  return unshared({ shared, metallb }, { metallb: running, sharing }).map(formatProblem);
}

it.each(["0.15.3", "0.14.9", undefined])(
  "the way back from %s is refused while Services share an address, with what to do",
  (from) => {
    expect(problems(from, "0.14.8", SHARING)).toEqual([
      "esddns:metallb.version: 0.14.8 does not read metallb.io/allow-shared-ip, and takes a shared address from all but one " +
        "of its Services: esddns-production/page, esddns-production/push. Tell it first: " +
        "kubectl annotate service -n esddns-production page push metallb.universe.tf/allow-shared-ip=esddns",
    ]);
  },
);

it("Services of other namespaces and keys have a command of their own", () => {
  const other = { ...service("web", "192.168.1.100", { "metallb.io": "k" }), namespace: "web" };
  expect(problems("0.15.3", "0.14.8", [...SHARING, other])[0]).toContain(
    "; kubectl annotate service -n web web metallb.universe.tf/allow-shared-ip=k",
  );
});

it("only those are named that the older one would not know to share", () => {
  const some = [service("page", "192.168.1.100", both), service("push", "192.168.1.100", key)];
  expect(problems("0.15.3", "0.14.8", some)).toEqual([
    expect.stringContaining("Services: esddns-production/push. Tell"),
  ]);
});

it.each([
  ["each Service has an address of its own", "0.15.3", "0.14.8", [PAGE, service("push", "192.168.1.101", key)]],
  ["they say it both ways", "0.15.3", "0.14.8", SHARING.map((each) => ({ ...each, keys: { ...key, ...both } }))],
  ["the older one runs already", "0.14.7", "0.14.8", SHARING],
  ["it goes on to a newer one", "0.14.8", "0.15.3", SHARING],
])("nothing is refused where %s", (_, from, to, sharing) => {
  expect(problems(from, to, sharing)).toEqual([]);
});

it("nothing is refused where no MetalLB runs", () => {
  const metallb = { namespace: "metallb-system", version: "0.14.8", chart: "metallb", repository: "", values: {} };
  expect(unshared({ shared: "own", metallb }, { metallb: undefined, sharing: SHARING })).toEqual([]);
});
