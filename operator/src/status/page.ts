import { createHash } from "node:crypto";
import type { Condition, DnsRecordObject, Family, Vote, WanChange, WanObservationObject } from "../api/index.ts";
import { html, type Html } from "./html.ts";
import { conditionOf, isTrue, type Snapshot } from "./snapshot.ts";
import { STYLE } from "./style.ts";

/** More rows than these are not shown; /raw has them all. So one request costs so much and no more. */
const MAX_RECORDS = 200;
const MAX_NODES = 50;
const MAX_VOTES = 64;

/** Nothing but the page's own style sheet, known by its hash: no script, no image, no font, no frame. */
export const PAGE_CSP = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The whole page, for people: works without scripts, and says in words what colours say. */
export function renderPage(snapshot: Snapshot): string {
  const { wan, namespace, version, now } = snapshot;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${verdict(snapshot).title} – ESDDNS ${namespace}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>ESDDNS <span class="quiet">${namespace}</span></h1>
${banner(snapshot)}
</header>
<main>
${addresses(snapshot)}
${recordTable(snapshot.records, now)}
${conditionList(wan?.status?.conditions, now)}
${nodeTables(snapshot)}
${history(wan?.status?.history, now)}
</main>
<footer>
<p>As of ${time(new Date(now).toISOString(), undefined)}. <a href="/">Reload</a> · <a href="/raw">JSON</a> · <a href="/metrics">Metrics</a></p>
<p class="quiet">Version ${version}. ${snapshot.watches.map(freshness)}</p>
</footer>
</body>
</html>
`.text;
}

type Tone = "good" | "warn" | "bad";

function verdict({ wan, records, watches }: Snapshot): { tone: Tone; title: string; detail: string } {
  const ready = conditionOf(wan?.status, "Ready");
  const agreed = conditionOf(wan?.status, "Agreed");
  if (watches.some(({ ageMs }) => ageMs === undefined)) {
    return { tone: "warn", title: "Starting", detail: "The cluster has not been read yet." };
  }
  if (wan === undefined) {
    return { tone: "bad", title: "Not set up", detail: "There is no WanAddress object in this namespace." };
  }
  if (ready?.status !== "True") {
    return { tone: "bad", title: "No address", detail: ready?.message ?? "No node has reported an address yet." };
  }
  const behind = records.filter(({ status }) => !isTrue(status, "Synced"));
  if (behind.length > 0) {
    const names = behind.slice(0, 3).map(({ metadata, status }) => status?.fqdn ?? metadata.name);
    const more = behind.length > names.length ? ` and ${behind.length - names.length} more` : "";
    return { tone: "bad", title: "Out of sync", detail: `Not as they should be: ${names.join(", ")}${more}.` };
  }
  if (agreed?.status !== "True") {
    return { tone: "warn", title: "In doubt", detail: agreed?.message ?? "It is not known whether the sources agree." };
  }
  return { tone: "good", title: "In order", detail: "The sources agree, and every record is in sync." };
}

function banner(snapshot: Snapshot): Html {
  const { tone, title, detail } = verdict(snapshot);
  return html`<p class="banner ${tone}" role="status"><strong>${title}.</strong> ${detail}</p>`;
}

function addresses({ wan, now }: Snapshot): Html {
  const { ipv4, ipv6Prefix, ipv6, history: changes } = wan?.status ?? {};
  const wanted = wan?.spec.families ?? [];
  return html`<section aria-labelledby="address">
<h2 id="address">WAN address</h2>
<div class="cards">
${addressCard("IPv4", wanted.includes("IPv4"), ipv4, undefined, changes, now)}
${addressCard("IPv6", wanted.includes("IPv6"), ipv6Prefix, ipv6, changes, now)}
</div>
</section>`;
}

function addressCard(
  family: Family,
  wanted: boolean,
  value: string | undefined,
  full: string | undefined,
  changes: readonly WanChange[] | undefined,
  now: number,
): Html {
  const last = changes?.find((change) => change.family === family);
  const nothing = wanted ? "not known" : "not looked for";
  return html`<article class="card">
<h3>${family}${family === "IPv6" && value !== undefined && " prefix"}</h3>
<p class="address">${value ?? html`<span class="quiet">${nothing}</span>`}</p>
${full !== undefined && html`<p>All nodes: <span class="mono">${full}</span></p>`}
${
  last !== undefined &&
  value !== undefined &&
  html`<p class="quiet">Since ${time(last.time, now)}<br>Told by ${last.organisations.join(", ")}</p>`
}
</article>`;
}

function recordTable(records: readonly DnsRecordObject[], now: number): Html {
  if (records.length === 0) return section("records", "DNS records", html`<p class="quiet">None are configured.</p>`);
  const rows = records.slice(0, MAX_RECORDS).map(({ metadata, spec, status }) => {
    const published = status?.published ?? [];
    const synced = conditionOf(status, "Synced");
    return html`<tr>
<th scope="row">${status?.fqdn ?? metadata.name}</th>
<td>${published.length === 0 ? spec.types.join(", ") : published.map(({ type, values }) => html`<div><span class="quiet">${type}</span> <span class="mono">${values.join(" ")}</span></div>`)}</td>
<td>${published[0]?.ttl ?? spec.ttl} s</td>
<td>${mark(synced, "not yet tried")}${synced !== undefined && html`<div class="quiet">${time(synced.lastTransitionTime, now)}</div>`}</td>
<td>${mark(conditionOf(status, "Verified"), "not asked")}</td>
<td>${synced?.status === "True" ? "" : synced?.message}</td>
</tr>`;
  });
  return section(
    "records",
    "DNS records",
    table("DNS records", ["Name", "Value", "TTL", "Synced", "Verified", "What to do"], rows),
    omitted(records.length - MAX_RECORDS, "records"),
  );
}

function conditionList(conditions: readonly Condition[] | undefined, now: number): Html {
  if (conditions === undefined || conditions.length === 0) return html``;
  const rows = conditions.map(
    (condition) => html`<tr>
<th scope="row">${condition.type}</th>
<td>${mark(condition, "")}</td>
<td>${condition.message}</td>
<td>${time(condition.lastTransitionTime, now)}</td>
</tr>`,
  );
  return section("conditions", "Conditions", table("Conditions", ["Condition", "State", "In words", "Since"], rows));
}

function nodeTables({ observations, now }: Snapshot): Html {
  if (observations.length === 0) {
    return section("nodes", "What each node sees", html`<p class="quiet">No node has reported yet.</p>`);
  }
  return section(
    "nodes",
    "What each node sees",
    observations.slice(0, MAX_NODES).map((observation) => nodeTable(observation, now)),
    omitted(observations.length - MAX_NODES, "nodes"),
  );
}

function nodeTable({ nodeName, observedAt, validForSeconds, votes }: WanObservationObject, now: number): Html {
  const expired = now - Date.parse(observedAt) >= validForSeconds * 1000;
  const counted = votes.filter(({ outcome }) => outcome === "Ok").length;
  return html`<details${votes.length <= 24 && html` open`}>
<summary><strong>${nodeName}</strong> <span class="quiet">${counted} of ${votes.length} sources answered,</span> ${time(observedAt, now)}${expired && html` <span class="mark warn">expired</span>`}</summary>
${table(`Votes of ${nodeName}`, ["Organisation", "Source", "Family", "Answer", "Time", "Outcome"], votes.slice(0, MAX_VOTES).map(voteRow))}
${omitted(votes.length - MAX_VOTES, "votes")}
</details>`;
}

function voteRow({ organisation, source, transport, family, address, rttMs, authenticated, outcome, detail }: Vote): Html {
  const tone: Tone = outcome === "Ok" ? "good" : "warn";
  return html`<tr>
<th scope="row">${organisation}</th>
<td><span class="mono">${source}</span><div class="quiet">${transport}${authenticated && ", verified TLS"}</div></td>
<td>${family}</td>
<td class="mono">${address ?? "–"}</td>
<td>${rttMs === undefined ? "–" : `${Math.round(rttMs)} ms`}</td>
<td><span class="mark ${tone}">${outcome}</span>${detail !== undefined && html`<div class="quiet">${detail}</div>`}</td>
</tr>`;
}

function history(changes: readonly WanChange[] | undefined, now: number): Html {
  if (changes === undefined || changes.length === 0) return html``;
  const rows = changes.map(
    ({ time: at, family, from, to, organisations }) => html`<tr>
<th scope="row">${time(at, now)}</th>
<td>${family}</td>
<td class="mono">${from ?? "–"}</td>
<td class="mono">${to}</td>
<td>${organisations.join(", ")}</td>
</tr>`,
  );
  return section("history", "Changes", table("Changes", ["When", "Family", "From", "To", "Told by"], rows));
}

function section(id: string, title: string, ...content: (Html | Html[] | false)[]): Html {
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${content}
</section>`;
}

/** A table in a frame of its own that scrolls sideways on a narrow screen; by keyboard too, hence the tabindex. */
function table(label: string, columns: readonly string[], rows: readonly Html[]): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">
<table>
<thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>
${rows}
</tbody>
</table>
</div>`;
}

function omitted(count: number, what: string): Html | false {
  return count > 0 && html`<p class="quiet">${count} more ${what} are in the JSON at <a href="/raw">/raw</a>.</p>`;
}

function mark(condition: Condition | undefined, absent: string): Html {
  if (condition === undefined) return html`<span class="quiet">${absent}</span>`;
  // BehindNAT, MultipleEgress and FamilyUnavailable are bad news when they are true.
  const wanted = ["BehindNAT", "MultipleEgress", "FamilyUnavailable"].includes(condition.type) ? "False" : "True";
  const tone = condition.status === "Unknown" ? "plain" : condition.status === wanted ? "good" : "bad";
  return html`<span class="mark ${tone}">${condition.status}</span> <span class="quiet">${condition.reason}</span>`;
}

function freshness({ kind, ageMs }: { kind: string; ageMs: number | undefined }): string {
  return ageMs === undefined ? `${kind} not read yet. ` : `${kind} known as of ${duration(ageMs)} ago. `;
}

/** @param now to tell the distance too; undefined: without it. */
function time(iso: string, now: number | undefined): Html {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return html`${iso}`;
  const text = new Date(at).toISOString().slice(0, 19).replace("T", " ");
  return html`<time datetime="${new Date(at).toISOString()}">${text} UTC</time>${
    now !== undefined && html` <span class="quiet">(${duration(Math.max(0, now - at))} ago)</span>`
  }`;
}

function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}
