import type { Family, Vote, VoteTransport, WanObservation, WanObservationObject } from "@esddns/common/api";
import { valueOf } from "../decide/quorum.ts";
import { badge, matrix, omitted, plural, quiet, section, table, time } from "./elements.ts";
import { type Html, markup } from "./markup.ts";
import { agreedValues, severalLinesWanted, type Snapshot } from "../snapshot/snapshot.ts";

/** At most this many are shown, so that the cost of a page is bounded. /raw has all of them. */
const MAX_COLUMNS = 8;
const MAX_ROWS = 48;
const MAX_NODES = 50;
const MAX_VOTES = 64;

const HOW: Readonly<Record<string, string>> = {
  udp: "STUN",
  tcp: "STUN over TCP",
  tls: "STUN over TLS",
  https: "HTTPS",
  "nat-pmp": "router, NAT-PMP",
  pcp: "router, PCP",
  node: "Node object",
} satisfies Partial<Record<VoteTransport | "pcp", string>>;

/** Renders the current votes at a glance: a row for each source, a column for each node. */
export function voteMatrices(snapshot: Snapshot, valid: readonly WanObservation[]): Html {
  const families = snapshot.wan?.spec.families ?? [];
  const tables = families.flatMap((family) => voteMatrix(snapshot, valid, family) ?? []);
  const when = snapshot.observations.length === 0 ? "yet" : "lately";
  const nothing = markup`<p class="quiet">No node has reported ${when}.</p>`;
  return section("votes", "Votes", tables.length === 0 ? nothing : tables);
}

function voteMatrix({ wan }: Snapshot, observations: readonly WanObservation[], family: Family): Html | undefined {
  const prefixLength = wan?.spec.prefixLength ?? 64;
  const agreed = agreedValues(wan?.status, family);
  const lines = severalLinesWanted(wan?.status);
  const nodes = observations.slice(0, MAX_COLUMNS);
  const rows = rowsOf(nodes, family, (vote) => {
    const value = valueOf(vote, prefixLength);
    return value === undefined ? 2 : agreed.includes(value) ? 1 : 0;
  });
  if (rows.length === 0) return undefined;
  const cell = (vote: Vote | undefined): Html => {
    if (vote === undefined) return quiet("–");
    const value = valueOf(vote, prefixLength);
    if (value === undefined) return badge("plain", vote.outcome);
    if (agreed.length === 0) return badge("plain", value);
    if (agreed.length === 1 && agreed.includes(value)) return badge("good", "agrees");
    const word = agreed.includes(value)
      ? badge("good", "agrees")
      : lines
        ? badge("plain", "another line")
        : badge("bad", "differs");
    return markup`${word} <span class="mono">${value}</span>`;
  };
  return markup`<h3>${family}${agreed.length > 0 && markup` <span class="mono">${agreed.join(", ")}</span>`}</h3>
    ${matrix(
      `${family} votes`,
      ["Organisation", ...nodes.map(({ nodeName }) => nodeName)],
      rows
        .slice(0, MAX_ROWS)
        .map(({ organisation, how, byNode }) => [
          markup`${organisation}<br /><span class="quiet">${how}</span>`,
          ...nodes.map(({ nodeName }) => cell(byNode.get(nodeName))),
        ]),
    )}
    ${omitted(rows.length - MAX_ROWS, "sources")}
    ${observations.length > nodes.length && markup`<p class="quiet">${plural(observations.length - nodes.length, "more node")} below.</p>`}`;
}

interface Row {
  readonly organisation: string;
  readonly how: string;
  readonly byNode: Map<string, Vote>;
}

/** Returns one row for each source. Rows that need attention come first. */
function rowsOf(nodes: readonly WanObservation[], family: Family, rank: (vote: Vote) => number): Row[] {
  const rows = new Map<string, Row & { rank: number }>();
  for (const { nodeName, votes } of nodes) {
    for (const vote of votes.slice(0, 256)) {
      if (vote.family !== family) continue;
      const { organisation, source, transport, authenticated } = vote;
      const how = `${HOW[transport] ?? transport}${authenticated ? ", verified TLS" : ""}`;
      const row = rows.get(source) ?? { organisation, how, byNode: new Map<string, Vote>(), rank: 9 };
      row.byNode.set(nodeName, vote);
      rows.set(source, { ...row, rank: Math.min(row.rank, rank(vote)), ...(authenticated ? { how } : {}) });
    }
  }
  return [...rows.values()].sort((a, b) => a.rank - b.rank || (a.organisation < b.organisation ? -1 : 1));
}

/** Renders each node's own view in full. */
export function nodeTables({ observations, now }: Snapshot, valid: readonly WanObservation[]): Html {
  if (observations.length === 0) return markup``;
  return section(
    "nodes",
    "What each node sees",
    observations.slice(0, MAX_NODES).map((observation) => nodeTable(observation, valid.includes(observation), now)),
    omitted(observations.length - MAX_NODES, "nodes"),
  );
}

function nodeTable({ nodeName, observedAt, votes }: WanObservationObject, counts: boolean, now: number): Html {
  const why = Date.parse(observedAt) > now ? "clock is ahead" : "expired";
  const counted = votes.filter(({ outcome }) => outcome === "Ok").length;
  return markup`<details id="node-${nodeName}">
<summary><strong>${nodeName}</strong> <span class="quiet">${counted} of ${votes.length} sources answered,</span> ${time(observedAt, now)}${!counts && markup` <span class="mark warn">${why}</span>`}</summary>
${table(`Votes of ${nodeName}`, ["Organisation", "Source", "Family", "Answer", "Time", "Outcome"], votes.slice(0, MAX_VOTES).map(voteCells))}
${omitted(votes.length - MAX_VOTES, "votes")}
</details>`;
}

function voteCells({ organisation, source, family, address, rttMs, authenticated, outcome, detail }: Vote) {
  return [
    organisation,
    markup`<span class="mono">${source}</span>${authenticated && markup`<div class="quiet">verified TLS</div>`}`,
    family,
    markup`<span class="mono">${address ?? "–"}</span>`,
    rttMs === undefined ? "–" : `${Math.round(rttMs)} ms`,
    markup`${badge(outcome === "Ok" ? "good" : "warn", outcome)}${detail !== undefined && markup`<div class="quiet">${detail}</div>`}`,
  ];
}
