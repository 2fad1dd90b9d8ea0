/** Longer texts that the real plugin prints, kept word for word so that advice found elsewhere applies. */

export function alreadyExistsAdvice(kind: string): string {
  return [
    "The resource already exists in the cluster. This can happen when:",
    "",
    "  - Renaming a Pulumi resource: use an alias to preserve the identity,",
    "    or use deleteBeforeReplace if the resource needs replacement.",
    `  - Managing an existing resource: use a Patch resource (e.g. ${kind}Patch)`,
    "    to manage specific fields without owning the resource lifecycle.",
    "  - Adopting a resource into Pulumi: use `pulumi import`. Note that",
    "    protected resources (e.g. kube-system) cannot be deleted on destroy.",
    "  - Intentional upsert: set upsertExistingObjects on the provider to allow",
    "    server-side apply to update existing objects on create.",
  ].join("\n");
}

export function conflictText(fieldManager: string, serverMessage: string): string {
  return (
    "server-side apply field conflict detected, see https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/" +
    "managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources for troubleshooting help\n" +
    `The resource managed by field manager "${fieldManager}" had an apply conflict: ${serverMessage}`
  );
}

export const unreachableReadAdvice =
  "failed to read resource state due to unreachable cluster. If the cluster was deleted, you can remove this resource " +
  'from Pulumi state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"';
