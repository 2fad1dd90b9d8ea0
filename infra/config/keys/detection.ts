/** How the operator finds the WAN address. */
import { detectionSpec, echoService, sourcesOf, stunServer } from "@esddns/common/api";
import { z } from "zod";
import { stackKey } from "../keyFacts.ts";
import * as fields from "../values/fields.ts";
import type { Problem } from "../validation/problem.ts";

const detectionSchema = detectionSpec.omit({ excluded: true }).extend({
  allowNonGlobal: z
    .array(fields.network)
    .max(64)
    .default([])
    .describe("Networks that are believed although they are not globally reachable: CGNAT, a lab."),
  stun: detectionSpec.shape.stun
    .unwrap()
    .extend({
      servers: z
        .array(
          stunServer.extend({ host: fields.serverHost.describe("Host name or address of the STUN server, alone.") }),
        )
        .max(64)
        .optional()
        .describe("Instead of the built-in list and the downloaded ones."),
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
    .extend({
      services: z
        .array(
          echoService.extend({
            url: fields.httpsUrl.describe("https:// URL that answers with the caller's address and nothing else."),
          }),
        )
        .max(64)
        .optional()
        .describe("Instead of the built-in list."),
    })
    .prefault({}),
  preferNodes: z
    .array(fields.nodeName)
    .max(64)
    .default([])
    .describe("With multiWan PreferNodes: the names of the nodes whose address counts, the first one first."),
  router: fields.routerAddress
    .optional()
    .describe("The router's IPv4 address, for instance 192.168.1.1; it is asked by NAT-PMP for its address outside."),
  pcp: z
    .boolean()
    .default(false)
    .describe("true or false: whether the router is asked by the Port Control Protocol, too; needs hostNetwork."),
});

export const detectionKey = stackKey(detectionSchema.prefault({}), {
  encrypted: "secret",
  guide: "detection-sources.md",
});

export type Detection = z.output<typeof detectionSchema>;

export function detectionProblems(detection: Detection): Problem[] {
  const { sources, router, pcp, hostNetwork, allowUnauthenticated, multiWan, preferNodes, quorum } = detection;
  const problems: Problem[] = [];
  const addProblem = (key: string, wrong: string, right: string): void => {
    problems.push({ path: ["detection", key], wrong, right });
  };
  if (new Set(sources).size < sources.length) {
    addProblem("sources", "names a link of the chain twice", "Write each of stun, https and direct once at most.");
  }
  if (!allowUnauthenticated && !hasAuthenticated(detection)) {
    addProblem(
      "sources",
      "leaves nobody who answers over verified TLS, so that no address would ever be believed",
      "Keep https with a service, name STUN servers with transport: tls, or set allowUnauthenticated.",
    );
  }
  const voices = voicesOf(detection);
  if (quorum > voices) {
    addProblem(
      "quorum",
      `asks for ${quorum} organisations that agree, and no more than ${voices} are asked`,
      "Lower it, or name more servers and services, each with its own organisation.",
    );
  }
  if (multiWan === "PreferNodes" && preferNodes.length === 0) {
    addProblem("preferNodes", "is empty, and multiWan: PreferNodes goes by it", "Name at least one node.");
  }
  if (multiWan !== "PreferNodes" && preferNodes.length > 0) {
    addProblem("preferNodes", `says nothing with multiWan: ${multiWan}`, "Set multiWan: PreferNodes, or leave it out.");
  }
  if (new Set(preferNodes).size < preferNodes.length) {
    addProblem("preferNodes", "names a node twice", "Write each node once.");
  }
  if (router !== undefined && !sources.includes("direct")) {
    addProblem(
      "router",
      "is not asked where sources leaves out direct",
      "Add direct to sources, or leave the router out.",
    );
  }
  if (pcp && (router === undefined || !hostNetwork)) {
    addProblem(
      "pcp",
      "needs router, and hostNetwork: true: a router refuses such requests from pods, whose addresses are translated on the way",
      "Set both, or leave it out: NAT-PMP needs no hostNetwork.",
    );
  }
  return problems;
}

function hasAuthenticated({ sources, stun, https }: Detection): boolean {
  const overHttps = sources.includes("https") && https.enabled && (https.services?.length ?? 1) > 0;
  const overTls = stun.servers?.some(({ transport }) => transport === "tls") ?? false;
  return overHttps || (sources.includes("stun") && stun.enabled && overTls);
}

/** How many organisations can vote at most. All downloaded servers share one vote (docs/adr/0003). */
function voicesOf(detection: Detection): number {
  const { sources, stun } = detection;
  const organisations = sourcesOf({ ...detection, excluded: [] }).map(({ organisation }) => organisation);
  const lists = [
    { url: stun.udpHostListUrl, limit: stun.udpLimit },
    { url: stun.tcpHostListUrl, limit: stun.tcpLimit },
  ];
  const downloads =
    sources.includes("stun") &&
    stun.enabled &&
    !stun.servers &&
    lists.some(({ url, limit }) => url !== "" && limit > 0);
  // The node itself votes if it has an ExternalIP or the network of the host.
  return new Set(organisations).size + Number(downloads) + Number(sources.includes("direct"));
}
