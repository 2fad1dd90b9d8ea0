/**
 * The name under which the stacks write (server-side apply). It has its own file so that the commands can read it
 * without loading Pulumi.
 */
export const FIELD_MANAGER = "esddns";

/** Reports whether a stack is this field manager. Stacks of earlier versions used the provider's default name. */
export function isStackManager(manager: string): boolean {
  return manager === FIELD_MANAGER || manager.startsWith("pulumi-kubernetes");
}
