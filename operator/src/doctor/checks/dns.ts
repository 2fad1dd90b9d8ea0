/** Checks of the records, at Gandi and in DNS, and of the token. */
import { conditionOf } from "@esddns/common/cluster";
import type { Condition, DnsRecordObject } from "@esddns/common/api";
import { tokenState } from "../../page/token.ts";
import type { Facts } from "../read/facts.ts";
import { type DoctorFinding, ok, unknown, unread, warn, wrong } from "../finding.ts";

export function recordsSynced({ records }: Facts): DoctorFinding {
  return perRecord(records, "Synced", "stand at Gandi as they should");
}

/** Combines the operator's last verification with what this machine finds now. */
export function recordsVerified({ records, answers }: Facts): DoctorFinding {
  const said = perRecord(records, "Verified", "are answered by the zone's own servers");
  if (!records.read || !answers.read || said.state === "wrong") return said;
  const here = records.value.flatMap((record) => answers.value.get(record.metadata.name) ?? []);
  const differs = here.filter(({ status }) => status === "False");
  if (differs.length > 0)
    return wrong(
      "the zone's own servers say something else to this machine",
      differs.map(({ message }) => message).join("\n"),
    );
  if (here.length === 0 || here.some(({ status }) => status !== "True")) {
    return said.state === "ok"
      ? { ...said, saw: `${said.saw} (asked by the operator; this machine gets no answer)` }
      : said;
  }
  return ok(here.map(({ message }) => message).join(" "));
}

function perRecord(records: Facts["records"], type: "Synced" | "Verified", good: string): DoctorFinding {
  if (!records.read) return unread(records);
  if (records.value.length === 0) return ok("no records are configured");
  const condition = ({ status }: DnsRecordObject): Condition | undefined => conditionOf(status, type);
  const name = ({ metadata, status }: DnsRecordObject): string => status?.fqdn ?? metadata.name;
  const bad = records.value.filter(
    (record) => condition(record)?.status === "False" && condition(record)?.reason !== "DryRun",
  );
  if (bad.length > 0) {
    const todo = bad.map((record) => `${name(record)}: ${condition(record)?.message ?? ""}`).join("\n");
    return wrong(bad.map((record) => `${name(record)} ${condition(record)?.reason ?? ""}`).join(", "), todo);
  }
  const open = records.value.filter((record) => condition(record)?.status !== "True");
  if (open.length > 0) return unknown(`not known yet: ${open.map(name).join(", ")}`);
  return ok(`${records.value.length} ${good}`);
}

/** Reasons of Synced that only another token, or more rights for it, will cure. */
const TOKEN_REASONS = ["TokenRefused", "AccessDenied"];
/** Reasons of Synced that say nothing about the token: Gandi was not asked or did not answer. */
const NOT_ASKED = [
  ...["WaitingForAddress", "WaitingForBudget", "NotGlobal", "Conflict", "DryRun", "RateLimited", "GandiUnavailable"],
];

/**
 * Checks by the operator's last requests whether Gandi accepts the token and lets it write the zones, and when it
 * expires.
 */
export function token({ tokenExpires, records, now }: Facts): DoctorFinding {
  const synced = records.read ? records.value.flatMap(({ status }) => conditionOf(status, "Synced") ?? []) : [];
  const refused = synced.find(({ status, reason }) => status === "False" && TOKEN_REASONS.includes(reason));
  if (refused !== undefined) return wrong(`Gandi refuses the token (${refused.reason})`, refused.message);
  if (!tokenExpires.read) return unread(tokenExpires);
  const { days, text, tone } = tokenState(tokenExpires.value, now);
  const taken = synced.some(({ reason }) => !NOT_ASKED.includes(reason))
    ? "Gandi takes it. "
    : "Gandi has not been asked yet. ";
  if (days === undefined) return warn(`${taken}${text}`, "Set esddns:gandiTokenExpires to be warned in time.");
  const todo = "Create a new token at Gandi, store it with pulumi config set --secret gandiToken, and run pulumi up.";
  if (tone === "bad") return wrong(text, todo);
  return tone === "warn" ? warn(text, todo) : ok(`${taken}${text}`);
}
