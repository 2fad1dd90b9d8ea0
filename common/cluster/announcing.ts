/** Which nodes may announce addresses, and which do. */
import type { ServiceL2Status } from "./objects.ts";

/** The parts of a ServiceL2Status that say it. */
type Announced = Pick<ServiceL2Status, "status"> & {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> | undefined };
};

/**
 * A node with this label, whatever its value, announces nothing, unless MetalLB's speaker is configured to ignore it.
 */
export const EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";

/** Reports whether a speaker with these arguments ignores `EXCLUDE_LABEL`. */
export function ignoresExcludeLabel(args: readonly string[]): boolean {
  return args.some((arg) => /^--ignore-exclude-lb(=true)?$/.test(arg));
}

/**
 * Returns the node that announces, from a ServiceL2Status. A node that takes over before the other has withdrawn its
 * object changes only that object's label, never its status: MetalLB's definition does not allow changing the node
 * there.
 */
export function announcer({ metadata, status }: Announced): string | undefined {
  return metadata.labels?.["metallb.io/node"] ?? status.node;
}
