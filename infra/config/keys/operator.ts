/** Where the stack's pods may run, and to which API server they may speak. */
import { z } from "zod";
import { stackKey } from "../keyFacts.ts";
import { distinct } from "../values/lists.ts";

export const operatorKey = stackKey(
  z
    .object({
      tolerateControlPlane: z
        .boolean()
        .default(false)
        .describe(
          "Whether the operator, the page and MetalLB's controller also run on nodes with the control plane's taint.",
        ),
      apiServerPorts: distinct(z.array(z.int().min(1).max(65535)))
        .default([])
        .describe(
          "Ports that the API server listens on, besides 443, 6443, 8443 and 16443: NetworkPolicies let pods to them.",
        ),
    })
    .prefault({}),
  { encrypted: "secret" },
);
