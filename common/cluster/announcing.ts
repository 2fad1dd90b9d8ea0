/** Who may announce addresses, and who does. */

/** A node with this label, whatever its value, announces nothing, unless MetalLB's speaker is told to ignore it. */
export const EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";

/** Whether a speaker with these arguments ignores `EXCLUDE_LABEL`. */
export function ignoresExcludeLabel(args: readonly string[]): boolean {
  return args.some((arg) => /^--ignore-exclude-lb(=true)?$/.test(arg));
}

interface L2Status {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> | undefined };
  readonly status?: { readonly node?: string | undefined } | undefined;
}

/**
 * The node that announces, by a ServiceL2Status. One that takes over before the other has withdrawn its own puts its name
 * on that one's label, and never into the status: MetalLB's definition lets nobody change a node there.
 */
export function announcer({ metadata, status }: L2Status): string | undefined {
  return metadata.labels?.["metallb.io/node"] ?? status?.node;
}
