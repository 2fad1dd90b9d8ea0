/** Services that share an address, and a MetalLB that would not know that they may. */
import { z } from "zod";
import type { StackConfig } from "../config/parse.ts";
import type { Problem } from "../config/validation/problem.ts";
import type { Cluster } from "../kubernetes/cluster.ts";
import { readsOlderAnnotations } from "../metallb/version.ts";
import type { ClusterFacts } from "./facts.ts";

/** A Service with addresses of a load balancer. */
export interface SharingService {
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly string[];
  /** By which annotations it says that it may share them, and the key that it names. */
  readonly keys: Readonly<Record<"metallb.io" | "metallb.universe.tf", string | undefined>>;
}

/** All there are; undefined: they may not be read. */
export async function sharingServices(cluster: Pick<Cluster, "get">): Promise<readonly SharingService[] | undefined> {
  const found = await cluster.get("/api/v1/services", services);
  if (!found.found) return undefined;
  return found.value.items.map(({ metadata: { namespace, name, annotations }, status }) => ({
    namespace,
    name,
    addresses: status.loadBalancer.ingress.flatMap(({ ip }) => ip ?? []),
    keys: {
      "metallb.io": annotations["metallb.io/allow-shared-ip"],
      "metallb.universe.tf": annotations["metallb.universe.tf/allow-shared-ip"],
    },
  }));
}

type Judged = Pick<StackConfig, "shared" | "metallb">;
type Facts = Pick<ClusterFacts, "metallb" | "sharing">;

/**
 * On the way back to a MetalLB that reads the older annotations: it starts before the Services have them, and takes a
 * shared address from all but the first that it comes by. One that asks for that very address then has none at all.
 */
export function unshared({ shared, metallb }: Judged, { metallb: running, sharing = [] }: Facts): Problem[] {
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

const services = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        namespace: z.string(),
        name: z.string(),
        annotations: z.record(z.string(), z.string()).default({}),
      }),
      status: z
        .object({
          loadBalancer: z
            .object({ ingress: z.array(z.object({ ip: z.string().optional() })).default([]) })
            .prefault({}),
        })
        .prefault({}),
    }),
  ),
});
