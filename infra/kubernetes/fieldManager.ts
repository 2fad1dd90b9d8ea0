/**
 * The name under which the stacks write (server-side apply). It has its own file so that the commands can read it
 * without loading Pulumi.
 */
export const FIELD_MANAGER = "esddns";
