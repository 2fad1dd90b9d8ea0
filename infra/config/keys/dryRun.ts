/** Whether all records are only planned, whatever the single records say. */
import { z } from "zod";
import { stackKey } from "../keyFacts.ts";

export const dryRunKey = stackKey(
  z.boolean().default(false).describe("true or false: whether all records are planned only, and none written."),
  { encrypted: { refused: "the outputs show it: with dryRun no record is ever synced" } },
);
