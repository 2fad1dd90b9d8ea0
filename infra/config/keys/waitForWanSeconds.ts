/** How long an up waits for the WAN address, and then for the records. */
import { z } from "zod";
import { stackKey } from "../keyFacts.ts";

export const waitForWanSecondsKey = stackKey(
  z
    .int()
    .min(0)
    .max(3600)
    .default(90)
    .describe("How long pulumi up waits for the WAN address, and then for the records; 0: not at all."),
  { encrypted: "secret" },
);
