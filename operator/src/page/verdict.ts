import { conditionOf, isTrue } from "@esddns/common/cluster";
import type { DnsRecordObject } from "@esddns/common/api";
import { WANTED_EGRESS } from "../decide/conditions.ts";
import { validObservations } from "../decide/verdicts.ts";
import type { Tone } from "./elements.ts";
import { type Snapshot, STALE_MS } from "../snapshot/snapshot.ts";
import { tokenState } from "./token.ts";

interface PageVerdict {
  readonly tone: Tone;
  readonly title: string;
  readonly detail: string;
}

/** Returns the state of everything in one sentence: the most serious problem. */
export function verdict(snapshot: Snapshot): PageVerdict {
  return troubles(snapshot) ?? doubts(snapshot) ?? ALL_WELL;
}

const ALL_WELL: PageVerdict = {
  tone: "good",
  title: "In order",
  detail: "The sources agree, and every record is in sync.",
};

/** Returns the most serious fault that makes DNS wrong or the rest of the page out of date. */
function troubles({ wan, observations, records, watches, gandiTokenExpires, now }: Snapshot): PageVerdict | undefined {
  const ready = conditionOf(wan?.status, "Ready");
  if (watches.some(({ ageMs }) => ageMs === undefined)) {
    return { tone: "warn", title: "Starting", detail: "The cluster has not been read yet." };
  }
  const stale = watches.filter(({ ageMs = 0 }) => ageMs >= STALE_MS).map(({ kind }) => kind);
  if (stale.length > 0) {
    return bad("Out of date", `The API server is silent about ${stale.join(", ")}: this is how things stood before.`);
  }
  if (wan === undefined) return bad("Not set up", "There is no WanAddress object in this namespace.");
  const token = tokenState(gandiTokenExpires, now);
  if (token.days !== undefined && token.days < 0) {
    return bad("Token expired", "Gandi takes no more changes with this token; what stands in DNS stays as it is.");
  }
  if (ready?.status !== "True") return bad("No address", ready?.message ?? "No node has reported an address yet.");
  if (validObservations(observations, now).length === 0) {
    return bad("Nobody looks", "No node has reported lately: a change of the WAN address would not be noticed.");
  }
  const behind = records.filter(({ status }) => !isTrue(status, "Synced"));
  return behind.length === 0 ? undefined : bad("Out of sync", `Not as they should be: ${namesOf(behind)}.`);
}

function doubts({ wan, records, clusterView, gandiTokenExpires, now }: Snapshot): PageVerdict | undefined {
  const differing = records.filter(({ status }) => conditionOf(status, "Verified")?.status === "False");
  if (differing.length > 0) {
    return warn("Not verified", `The zone's name servers say something else of ${namesOf(differing)}.`);
  }
  const agreed = conditionOf(wan?.status, "Agreed");
  const egress = conditionOf(wan?.status, "MultipleEgress");
  if (egress?.status === "True" && !WANTED_EGRESS.includes(egress.reason))
    return warn("Several ways out", egress.message);
  if (agreed?.status !== "True") {
    return warn("In doubt", agreed?.message ?? "It is not known whether the sources agree.");
  }
  const nat = conditionOf(wan?.status, "BehindNAT");
  if (nat?.status === "True") return warn("Behind another NAT", nat.message);
  const unauthenticated = conditionOf(wan?.status, "Unauthenticated");
  if (unauthenticated?.status === "True") return warn("Unauthenticated", unauthenticated.message);
  const addresses = clusterView?.addresses;
  if (addresses?.read === true && addresses.value.length === 0) {
    return warn("Pending", "MetalLB has given the page's Service no address.");
  }
  const token = tokenState(gandiTokenExpires, now);
  if (token.tone === "bad") return warn("Token ends soon", token.text);
  return undefined;
}

function namesOf(records: readonly DnsRecordObject[]): string {
  const names = records.slice(0, 3).map(({ metadata, status }) => status?.fqdn ?? metadata.name);
  const more = records.length > names.length ? ` and ${records.length - names.length} more` : "";
  return `${names.join(", ")}${more}`;
}

function bad(title: string, detail: string): PageVerdict {
  return { tone: "bad", title, detail };
}

function warn(title: string, detail: string): PageVerdict {
  return { tone: "warn", title, detail };
}
