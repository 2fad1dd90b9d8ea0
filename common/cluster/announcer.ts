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
