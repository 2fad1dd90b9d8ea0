/** Checks Services that share an address against a MetalLB that does not read the annotations which allow it. Pure. */
import type { StackConfig } from "../config/parse.ts";
import type { Problem } from "../config/validation/problem.ts";
import { readsOlderAnnotations } from "../metallb/version.ts";
import type { ClusterFacts } from "./facts.ts";

type Config = Pick<StackConfig, "shared" | "metallb">;
type Facts = Pick<ClusterFacts, "metallb" | "sharing">;

/**
 * Reports Services that would lose a shared address on the way back to a MetalLB that reads the older annotations. It
 * starts before the Services have them, and takes a shared address from all Services but the first that it finds. A
 * Service that asks for that very address then has none.
 */
export function unshared({ shared, metallb }: Config, { metallb: running, sharing = [] }: Facts): Problem[] {
  const goesBack = running !== undefined && !readsOlderAnnotations(running.version);
  if (shared !== "own" || !goesBack || !readsOlderAnnotations(metallb.version)) return [];
  const together = sharing.filter(({ addresses }) =>
    addresses.some((address) => sharing.filter((other) => other.addresses.includes(address)).length > 1),
  );
  const without = together.filter(({ keys }) => keys["metallb.universe.tf"] === undefined);
  if (without.length === 0) return [];
  const names = without.map(({ namespace, name }) => `${namespace}/${name}`).join(", ");
  const wrong = `${metallb.version} does not read metallb.io/allow-shared-ip, and takes a shared address from all but one of its Services: ${names}`;
  const alike = Map.groupBy(without, ({ namespace, keys }) => `${namespace} ${keys["metallb.io"] ?? "KEY"}`);
  const commands = [...alike].map(([namespaceAndKey, services]) => {
    const [namespace = "", key = ""] = namespaceAndKey.split(" ");
    const named = services.map(({ name }) => name).join(" ");
    return `kubectl annotate service -n ${namespace} ${named} metallb.universe.tf/allow-shared-ip=${key}`;
  });
  return [{ path: ["metallb", "version"], wrong, right: `Tell it first: ${commands.join("; ")}` }];
}
