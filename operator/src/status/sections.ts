import type { Condition, DnsRecordObject, Family, Vote, WanChange, WanObservationObject } from "../api/index.ts";
import { mark, omitted, section, table, time, type Tone } from "./elements.ts";
import { type Html, markup } from "./markup.ts";
import { conditionOf, type Snapshot } from "./snapshot.ts";

/** More rows than these are not shown; /raw has them all. So one request costs so much and no more. */
const MAX_RECORDS = 200;
const MAX_NODES = 50;
const MAX_VOTES = 64;

export function addresses({ wan, now }: Snapshot): Html {
  const { ipv4, ipv6Prefix, ipv6, history: changes } = wan?.status ?? {};
  const wanted = wan?.spec.families ?? [];
  return markup`<section aria-labelledby="address">
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
  return markup`<article class="card">
    <h3>${family}${family === "IPv6" && value !== undefined && " prefix"}</h3>
    <p class="address">${value ?? markup`<span class="quiet">${nothing}</span>`}</p>
    ${full !== undefined && markup`<p>All nodes: <span class="mono">${full}</span></p>`}
    ${
      last !== undefined &&
      value !== undefined &&
      markup`<p class="quiet">Since ${time(last.time, now)}<br />Told by ${last.organisations.join(", ")}</p>`
    }
  </article>`;
}

export function recordTable(records: readonly DnsRecordObject[], now: number): Html {
  if (records.length === 0) return section("records", "DNS records", markup`<p class="quiet">None are configured.</p>`);
  const rows = records.slice(0, MAX_RECORDS).map(({ metadata, spec, status }) => {
    const published = status?.published ?? [];
    const synced = conditionOf(status, "Synced");
    return markup`<tr>
      <th scope="row">${status?.fqdn ?? metadata.name}</th>
      <td>
        ${published.length === 0 ? spec.types.join(", ") : published.map(({ type, values }) => markup`<div><span class="quiet">${type}</span> <span class="mono">${values.join(" ")}</span></div>`)}
      </td>
      <td>${published[0]?.ttl ?? spec.ttl} s</td>
      <td>
        ${mark(synced, "not yet tried")}${synced !== undefined && markup`<div class="quiet">${time(synced.lastTransitionTime, now)}</div>`}
      </td>
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

export function conditionList(conditions: readonly Condition[] | undefined, now: number): Html {
  if (conditions === undefined || conditions.length === 0) return markup``;
  const rows = conditions.map(
    (condition) =>
      markup`<tr>
        <th scope="row">${condition.type}</th>
        <td>${mark(condition, "")}</td>
        <td>${condition.message}</td>
        <td>${time(condition.lastTransitionTime, now)}</td>
      </tr>`,
  );
  return section("conditions", "Conditions", table("Conditions", ["Condition", "State", "In words", "Since"], rows));
}

export function nodeTables({ observations, now }: Snapshot): Html {
  if (observations.length === 0) {
    return section("nodes", "What each node sees", markup`<p class="quiet">No node has reported yet.</p>`);
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
  return markup`<details${votes.length <= 24 && markup` open`}>
<summary><strong>${nodeName}</strong> <span class="quiet">${counted} of ${votes.length} sources answered,</span> ${time(observedAt, now)}${expired && markup` <span class="mark warn">expired</span>`}</summary>
${table(`Votes of ${nodeName}`, ["Organisation", "Source", "Family", "Answer", "Time", "Outcome"], votes.slice(0, MAX_VOTES).map(voteRow))}
${omitted(votes.length - MAX_VOTES, "votes")}
</details>`;
}

function voteRow({ organisation, source, family, address, rttMs, authenticated, outcome, detail }: Vote): Html {
  const tone: Tone = outcome === "Ok" ? "good" : "warn";
  return markup`<tr>
    <th scope="row">${organisation}</th>
    <td>
      <span class="mono">${source}</span>
      ${authenticated && markup`<div class="quiet">verified TLS</div>`}
    </td>
    <td>${family}</td>
    <td class="mono">${address ?? "–"}</td>
    <td>${rttMs === undefined ? "–" : `${Math.round(rttMs)} ms`}</td>
    <td>
      <span class="mark ${tone}">${outcome}</span>${detail !== undefined && markup`<div class="quiet">${detail}</div>`}
    </td>
  </tr>`;
}

export function history(changes: readonly WanChange[] | undefined, now: number): Html {
  if (changes === undefined || changes.length === 0) return markup``;
  const rows = changes.map(
    ({ time: at, family, from, to, organisations }) =>
      markup`<tr>
        <th scope="row">${time(at, now)}</th>
        <td>${family}</td>
        <td class="mono">${from ?? "–"}</td>
        <td class="mono">${to}</td>
        <td>${organisations.join(", ")}</td>
      </tr>`,
  );
  return section("history", "Changes", table("Changes", ["When", "Family", "From", "To", "Told by"], rows));
}
