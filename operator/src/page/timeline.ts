import { conditionOf } from "@esddns/common/cluster";
import { badge, quiet, section, time, type Tone } from "./elements.ts";
import { type Html, markup } from "./markup.ts";
import { type Snapshot } from "../snapshot/snapshot.ts";

interface TimelineEntry {
  /** RFC 3339. */
  readonly time: string;
  readonly kind: "Change" | "Doubt" | "Warning";
  readonly text: string;
}

const MAX_ENTRIES = 40;
const TONES: Readonly<Record<TimelineEntry["kind"], Tone>> = { Change: "good", Doubt: "warn", Warning: "bad" };

/** Returns changes of the address, doubts about it and failures of records, newest first. */
export function timelineOf({ wan, clusterView }: Snapshot): TimelineEntry[] {
  const changes = (wan?.status?.history ?? []).map(({ time: at, family, from, to, organisations }): TimelineEntry => ({
    time: at,
    kind: "Change",
    text: `${family} is ${to}${from === undefined ? "" : `, before ${from}`}; told by ${organisations.join(", ")}.`,
  }));
  const incidents = clusterView?.incidents.read === true ? clusterView.incidents.value : [];
  const warnings = incidents.map(({ time: at, about, reason, note }): TimelineEntry => ({
    time: at,
    kind: about.startsWith("WanAddress") ? "Doubt" : "Warning",
    text: about.startsWith("WanAddress") ? `${reason}: ${note}` : `${about}: ${reason}: ${note}`,
  }));
  const agreed = conditionOf(wan?.status, "Agreed");
  // An event is deleted after an hour. A doubt that lasts is in the condition.
  const lasting: TimelineEntry[] =
    agreed?.status === "False" && !incidents.some(({ reason }) => reason === agreed.reason)
      ? [{ time: agreed.lastTransitionTime, kind: "Doubt", text: `${agreed.reason}: ${agreed.message}` }]
      : [];
  return [...changes, ...warnings, ...lasting]
    .sort((a, b) => Date.parse(b.time) - Date.parse(a.time))
    .slice(0, MAX_ENTRIES);
}

export function timeline(snapshot: Snapshot): Html {
  const entries = timelineOf(snapshot);
  const incidents = snapshot.clusterView?.incidents;
  return section(
    "timeline",
    "Timeline",
    entries.length === 0
      ? markup`<p class="quiet">Nothing has happened yet.</p>`
      : markup`<ol class="timeline">${entries.map(
          (entry) =>
            markup`<li>${badge(TONES[entry.kind], entry.kind)} ${time(entry.time, snapshot.now)}<br />${entry.text}</li>`,
        )}</ol>`,
    incidents?.read === false && markup`<p>${quiet(`Warnings of the last hour are unknown: ${incidents.why}`)}</p>`,
  );
}
