/** Whether the stack installs what all stacks of a cluster share, or uses what exists. */
import { z } from "zod";
import { stackKey } from "../keyFacts.ts";

export const sharedKey = stackKey(
  z
    .enum(["own", "adopt"])
    .default("own")
    .describe("own: this stack installs MetalLB and the custom resource definitions; adopt: it uses those there are."),
  {
    encrypted: { refused: "it decides which resources the stack has, and their list is plain text in the state" },
    guide: "two-stacks.md",
  },
);
