/** Under which name the stacks write (server-side apply); apart, so that the commands need no Pulumi to know it. */
export const FIELD_MANAGER = "esddns";
