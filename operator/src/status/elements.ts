/** What the sections of the page are made of. */
import type { Condition } from "../api/index.ts";
import { type Html, markup } from "./markup.ts";

export type Tone = "good" | "warn" | "bad";

export function section(id: string, title: string, ...content: (Html | Html[] | false)[]): Html {
  return markup`<section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${content}
  </section>`;
}

/** A table in a frame of its own that scrolls sideways on a narrow screen; by keyboard too, hence the tabindex. */
export function table(label: string, columns: readonly string[], rows: readonly Html[]): Html {
  return markup`<div class="scroll" role="region" aria-label="${label}" tabindex="0">
    <table>
      <thead>
        <tr>
          ${columns.map((column) => markup`<th scope="col">${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

export function omitted(count: number, what: string): Html | false {
  return count > 0 && markup`<p class="quiet">${count} more ${what} are in the JSON at <a href="/raw">/raw</a>.</p>`;
}

export function mark(condition: Condition | undefined, absent: string): Html {
  if (condition === undefined) return markup`<span class="quiet">${absent}</span>`;
  // BehindNAT, MultipleEgress and FamilyUnavailable are bad news when they are true.
  const wanted = ["BehindNAT", "MultipleEgress", "FamilyUnavailable"].includes(condition.type) ? "False" : "True";
  const tone = condition.status === "Unknown" ? "plain" : condition.status === wanted ? "good" : "bad";
  return markup`<span class="mark ${tone}">${condition.status}</span> <span class="quiet">${condition.reason}</span>`;
}

/** @param now to tell the distance too; undefined: without it. */
export function time(iso: string, now: number | undefined): Html {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return markup`${iso}`;
  const text = new Date(at).toISOString().slice(0, 19).replace("T", " ");
  return markup`<time datetime="${new Date(at).toISOString()}">${text} UTC</time>${
    now !== undefined && markup` <span class="quiet">(${duration(Math.max(0, now - at))} ago)</span>`
  }`;
}

export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}
