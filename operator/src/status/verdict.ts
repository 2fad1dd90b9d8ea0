import { WANTED_EGRESS } from "../wan/conditions.ts";
import type { Tone } from "./elements.ts";
import { conditionOf, isTrue, type Snapshot } from "./snapshot.ts";
import { tokenState } from "./token.ts";

interface Verdict {
  readonly tone: Tone;
  readonly title: string;
  readonly detail: string;
}

/** The page in one sentence: the worst that is the matter. */
export function verdict(snapshot: Snapshot): Verdict {
  return troubles(snapshot) ?? doubts(snapshot) ?? ALL_WELL;
}

const ALL_WELL: Verdict = {
  tone: "good",
  title: "In order",
  detail: "The sources agree, and every record is in sync.",
};

function troubles({ wan, records, watches, gandiTokenExpires, now }: Snapshot): Verdict | undefined {
  const ready = conditionOf(wan?.status, "Ready");
  if (watches.some(({ ageMs }) => ageMs === undefined)) {
    return { tone: "warn", title: "Starting", detail: "The cluster has not been read yet." };
  }
  if (wan === undefined) return bad("Not set up", "There is no WanAddress object in this namespace.");
  const token = tokenState(gandiTokenExpires, now);
  if (token.days !== undefined && token.days < 0) {
    return bad("Token expired", "Gandi takes no more changes with this token; what stands in DNS stays as it is.");
  }
  if (ready?.status !== "True") return bad("No address", ready?.message ?? "No node has reported an address yet.");
  const behind = records.filter(({ status }) => !isTrue(status, "Synced"));
  if (behind.length === 0) return undefined;
  const names = behind.slice(0, 3).map(({ metadata, status }) => status?.fqdn ?? metadata.name);
  const more = behind.length > names.length ? ` and ${behind.length - names.length} more` : "";
  return bad("Out of sync", `Not as they should be: ${names.join(", ")}${more}.`);
}

function doubts({ wan, surroundings, gandiTokenExpires, now }: Snapshot): Verdict | undefined {
  const agreed = conditionOf(wan?.status, "Agreed");
  const egress = conditionOf(wan?.status, "MultipleEgress");
  if (egress?.status === "True" && !WANTED_EGRESS.includes(egress.reason))
    return warn("Several ways out", egress.message);
  if (agreed?.status !== "True") {
    return warn("In doubt", agreed?.message ?? "It is not known whether the sources agree.");
  }
  const unauthenticated = conditionOf(wan?.status, "Unauthenticated");
  if (unauthenticated?.status === "True") return warn("Unauthenticated", unauthenticated.message);
  const addresses = surroundings?.addresses;
  if (addresses?.known === true && addresses.value.length === 0) {
    return warn("Pending", "MetalLB has given the page's Service no address.");
  }
  const token = tokenState(gandiTokenExpires, now);
  if (token.tone === "bad") return warn("Token ends soon", token.text);
  const behindNat = conditionOf(wan?.status, "BehindNAT");
  if (behindNat?.status === "True") return warn("Behind another NAT", behindNat.message);
  return undefined;
}

function bad(title: string, detail: string): Verdict {
  return { tone: "bad", title, detail };
}

function warn(title: string, detail: string): Verdict {
  return { tone: "warn", title, detail };
}
