/** Which nodes may announce addresses, and which do. */

/**
 * A node with this label, whatever its value, announces nothing, unless MetalLB's speaker is configured to ignore it.
 */
export const EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";

/** Reports whether a speaker with these arguments ignores `EXCLUDE_LABEL`. */
export function ignoresExcludeLabel(args: readonly string[]): boolean {
  return args.some((arg) => /^--ignore-exclude-lb(=true)?$/.test(arg));
}

interface L2Status {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> | undefined };
  readonly status?: { readonly node?: string | undefined } | undefined;
}

/**
 * Returns the node that announces, from a ServiceL2Status. A node that takes over before the other has withdrawn its
 * object changes only that object's label, never its status: MetalLB's definition does not allow changing the node
 * there.
 */
export function announcer({ metadata, status }: L2Status): string | undefined {
  return metadata.labels?.["metallb.io/node"] ?? status?.node;
}
