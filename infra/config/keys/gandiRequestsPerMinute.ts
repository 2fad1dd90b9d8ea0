/** How fast the operator may ask Gandi. */
import { GANDI_REQUESTS_PER_MINUTE } from "@esddns/common/api";
import { z } from "zod";
import { stackKey } from "../keyFacts.ts";

export const gandiRequestsPerMinuteKey = stackKey(
  z
    .int()
    .min(GANDI_REQUESTS_PER_MINUTE.least)
    .max(GANDI_REQUESTS_PER_MINUTE.most)
    .default(GANDI_REQUESTS_PER_MINUTE.usual)
    .describe("How many requests a minute the operator sends to Gandi at most."),
  { encrypted: "secret", guide: "records.md#how-long-it-takes" },
);
