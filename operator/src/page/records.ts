import { conditionOf } from "@esddns/common/cluster";
import type { Condition, DnsRecordObject } from "@esddns/common/api";
import { mark, omitted, section, table, time } from "./elements.ts";
import { type Html, type HtmlValue, markup } from "./markup.ts";

/** At most this many rows are shown. /raw has all records. */
const MAX_RECORDS = 200;

export function recordTable(records: readonly DnsRecordObject[], now: number): Html {
  if (records.length === 0) return section("records", "DNS records", markup`<p class="quiet">None are configured.</p>`);
  return section(
    "records",
    "DNS records",
    table(
      "DNS records",
      ["Name", "Value", "TTL", "Synced", "Verified", "What to do"],
      records.slice(0, MAX_RECORDS).map((record) => cells(record, now)),
    ),
    omitted(records.length - MAX_RECORDS, "records"),
  );
}

function cells({ spec, status }: DnsRecordObject, now: number): HtmlValue[] {
  const published = status?.published ?? [];
  const synced = conditionOf(status, "Synced");
  const verified = conditionOf(status, "Verified");
  return [
    status?.fqdn ?? (spec.name === "@" ? spec.zone : `${spec.name}.${spec.zone}`),
    published.length === 0
      ? spec.types.join(", ")
      : published.map(
          ({ type, values }) =>
            markup`<div><span class="quiet">${type}</span> <span class="mono">${values.join(" ")}</span></div>`,
        ),
    `${published[0]?.ttl ?? spec.ttl} s`,
    markup`${mark(synced, "not yet tried")}${synced !== undefined && markup`<div class="quiet">${time(synced.lastTransitionTime, now)}</div>`}`,
    mark(verified, "not asked"),
    advice(synced, verified),
  ];
}

/** Returns the messages of the conditions that need attention. They say what to do. */
function advice(synced: Condition | undefined, verified: Condition | undefined): HtmlValue {
  if (synced === undefined) return "wait: nothing has been tried yet";
  const open = [synced, verified].filter((condition) => condition !== undefined && condition.status !== "True");
  const asked = open.filter((condition) => condition === synced || condition?.status === "False");
  return asked.length === 0 ? "nothing" : asked.map((condition) => markup`<div>${condition?.message}</div>`);
}

export function conditionList(conditions: readonly Condition[] | undefined, now: number): Html {
  if (conditions === undefined || conditions.length === 0) return markup``;
  const rows = conditions.map((condition) => [
    condition.type,
    mark(condition, ""),
    condition.message,
    time(condition.lastTransitionTime, now),
  ]);
  return section("conditions", "Conditions", table("Conditions", ["Condition", "State", "In words", "Since"], rows));
}
