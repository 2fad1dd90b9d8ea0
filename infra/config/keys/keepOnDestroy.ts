/** Whether what all stacks share outlives a destroy. The next up takes it over. */
import { z } from "zod";
import { stackKey } from "../keyFacts.ts";

export const keepOnDestroyKey = stackKey(
  z
    .boolean()
    .optional()
    .describe("true or false: whether MetalLB and the custom resource definitions outlive pulumi destroy."),
  {
    encrypted: { refused: "Pulumi's state holds it as plain text, as an option of resources" },
    guide: "two-stacks.md#taking-one-away",
    undeclared:
      "Whether MetalLB and the custom resource definitions outlive a destroy. Left out: true for a stack named production, false for others.",
  },
);

/** What is written, or the default. */
export function keepsOnDestroy(given: boolean | undefined, stack: string): boolean {
  return given ?? stack === "production";
}
