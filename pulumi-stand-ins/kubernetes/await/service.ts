/**
 * When a Service counts as serving: it targets a pod, and a LoadBalancer has its address. Pure. The real plugin also
 * lets endpoints settle for ten seconds, which is left out here: it changes when the answer comes, not what it is.
 */
import type { JsonObject } from "../../shared/values.ts";
import { listAt, stringAt } from "../../shared/values.ts";
import type { Progress } from "./waiting.ts";

export function serviceProgress(service: JsonObject, endpoints: JsonObject | undefined): Progress {
  const type = stringAt(service, "spec", "type") ?? "ClusterIP";
  const wantsPods = type !== "ExternalName" && stringAt(service, "spec", "clusterIP") !== "None";
  const hasPods = !wantsPods || listAt(endpoints, "subsets").length > 0;
  const hasAddress = type !== "LoadBalancer" || listAt(service, "status", "loadBalancer", "ingress").length > 0;
  if (hasPods && hasAddress) {
    return { done: true, messages: wantsPods ? [["info", "Service initialization complete"]] : [] };
  }
  const problems = [
    ...(hasPods
      ? []
      : [
          "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match " +
            "labels on any Pods",
        ]),
    ...(hasAddress ? [] : ["Service was not allocated an IP address; does your cloud provider support this?"]),
  ];
  const step = hasPods
    ? "[2/3] Attempting to allocate IP address to Service"
    : "[1/3] Finding Pods to direct traffic to";
  return { done: false, messages: [["info", step]], problems };
}
