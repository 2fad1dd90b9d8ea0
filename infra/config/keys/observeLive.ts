/** Whether outputs are read from the cluster. */
import { z } from "zod";
import { stackKey } from "../keyFacts.ts";

export const observeLiveKey = stackKey(
  z.boolean().default(true).describe("true or false: whether outputs are read from the cluster each time."),
  { encrypted: { refused: "the output live repeats it as plain text" }, guide: "outputs.md" },
);
