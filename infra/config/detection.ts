/** How the WAN address is looked for: the shape of the key, and what must hold beyond it. */
import { detectionSpec, echoService, type DetectionSpec } from "@esddns/operator/api";
import { z } from "zod";
import * as fields from "./fields.ts";
import type { Problem } from "./problem.ts";

export const detectionSchema = detectionSpec.omit({ excluded: true }).extend({
  allowNonGlobal: z
    .array(fields.network)
    .default([])
    .describe("Networks that are believed although they are not globally reachable: CGNAT, a lab."),
  stun: detectionSpec.shape.stun
    .unwrap()
    .extend({
      udpHostListUrl: fields.optionalHttpsUrl
        .default(detectionSpec.parse({}).stun.udpHostListUrl)
        .describe('https:// URL of a list of further servers for UDP, one host:port a line; "" for none.'),
      tcpHostListUrl: fields.optionalHttpsUrl
        .default(detectionSpec.parse({}).stun.tcpHostListUrl)
        .describe("The same for TCP."),
    })
    .prefault({}),
  https: detectionSpec.shape.https
    .unwrap()
    .extend({ services: z.array(echoService.extend({ url: fields.httpsUrl })).optional() })
    .prefault({}),
  router: fields.routerAddress
    .optional()
    .describe("The router's IPv4 address, for instance 192.168.1.1; it is asked by NAT-PMP for its address outside."),
  pcp: z.boolean().default(false).describe("Must be false: the Port Control Protocol is not spoken."),
});

type Detection = z.output<typeof detectionSchema>;

/** The spec of the WanAddress. @param excluded addresses, ranges and CIDRs that can never be the WAN address */
export function specOf(detection: Detection, excluded: readonly string[]): DetectionSpec {
  // By the operator's own schema: what only the config knows is left out.
  return detectionSpec.parse({ ...detection, excluded });
}

export function checkDetection(detection: Detection & { readonly allowUnauthenticated?: boolean }): Problem[] {
  const { sources, router, pcp } = detection;
  const problems: Problem[] = [];
  const complain = (key: string, wrong: string, right: string): void => {
    problems.push({ path: ["detection", key], wrong, right });
  };
  if (new Set(sources).size < sources.length) {
    complain("sources", "names a link of the chain twice", "Write each of stun, https and direct once at most.");
  }
  if (detection.allowUnauthenticated !== true && !hasAuthenticated(detection)) {
    complain(
      "sources",
      "leaves nobody who answers over verified TLS, so that no address would ever be believed",
      "Keep https with a service, or name STUN servers with transport: tls.",
    );
  }
  if (router !== undefined && !sources.includes("direct")) {
    complain(
      "router",
      "is not asked where sources leaves out direct",
      "Add direct to sources, or leave the router out.",
    );
  }
  if (pcp) {
    complain(
      "pcp",
      "is not supported: the Port Control Protocol tells the address outside only to somebody who opens a port in the router",
      "Leave it out; name the router, which is asked by NAT-PMP and changes nothing.",
    );
  }
  return problems;
}

function hasAuthenticated({ sources, stun, https }: Detection): boolean {
  const overHttps = sources.includes("https") && https.enabled && (https.services?.length ?? 1) > 0;
  const overTls = stun.servers?.some(({ transport }) => transport === "tls") ?? false;
  return overHttps || (sources.includes("stun") && stun.enabled && overTls);
}
