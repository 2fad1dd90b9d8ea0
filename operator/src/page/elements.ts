/** The building blocks of the page's sections. */
import type { Condition } from "@esddns/common/api";
import { WANTED_EGRESS } from "../decide/conditions.ts";
import { type Html, type HtmlValue, markup } from "./markup.ts";

export type Tone = "good" | "warn" | "bad" | "plain";

/** Conditions that are bad news when they are true. */
const UNWANTED = ["BehindNAT", "MultipleEgress", "FamilyUnavailable", "Unauthenticated"];

/** `id` also tells the page's script which section is which. */
export function section(id: string, title: string, ...content: HtmlValue[]): Html {
  return markup`<section id="part-${id}" aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${content}
  </section>`;
}

/**
 * A table whose rows become blocks on a narrow screen, with the column's title in front of each value. Roles are
 * written out because browsers forget them when a table is laid out as blocks. The first cell heads its row.
 */
export function table(label: string, columns: readonly string[], rows: readonly (readonly HtmlValue[])[]): Html {
  return frame(
    label,
    markup`<table class="stack" role="table" aria-label="${label}">
    <thead role="rowgroup"><tr role="row">
      ${columns.map((column) => markup`<th role="columnheader" scope="col">${column}</th>`)}
    </tr></thead>
    <tbody role="rowgroup">
      ${rows.map(
        (cells) => markup`<tr role="row">
        ${cells.map((cell, at) =>
          at === 0
            ? markup`<th role="rowheader" scope="row">${cell}</th>`
            : markup`<td role="cell" data-label="${columns[at] ?? ""}"><div>${cell}</div></td>`,
        )}
      </tr>`,
      )}
    </tbody>
  </table>`,
  );
}

/** A table that stays a table at any width, to be compared by rows and by columns. */
export function matrix(label: string, columns: readonly string[], rows: readonly (readonly HtmlValue[])[]): Html {
  return frame(
    label,
    markup`<table aria-label="${label}">
    <thead><tr>${columns.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead>
    <tbody>
      ${rows.map(
        ([head, ...cells]) => markup`<tr><th scope="row">${head}</th>
        ${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`,
      )}
    </tbody>
  </table>`,
  );
}

/** Scrolls sideways on a narrow screen. The tabindex makes that work by keyboard, too. */
function frame(label: string, content: Html): Html {
  return markup`<div class="scroll" role="group" aria-label="${label}, scrollable" tabindex="0">${content}</div>`;
}

export function omitted(count: number, what: string): Html | false {
  return count > 0 && markup`<p class="quiet">${count} more ${what} are in the JSON at <a href="/raw">/raw</a>.</p>`;
}

export function badge(tone: Tone, text: string): Html {
  return markup`<span class="mark ${tone}">${text}</span>`;
}

export function quiet(text: HtmlValue): Html {
  return markup`<span class="quiet">${text}</span>`;
}

export function mark(condition: Condition | undefined, absent: string): Html {
  if (condition === undefined) return quiet(absent);
  const wanted = UNWANTED.includes(condition.type) ? "False" : "True";
  const plain = condition.status === "Unknown" || WANTED_EGRESS.includes(condition.reason);
  const tone = plain ? "plain" : condition.status === wanted ? "good" : "bad";
  return markup`${badge(tone, condition.status)} ${quiet(condition.reason)}`;
}

/** @param now to show the distance, too. Undefined: without it */
export function time(iso: string, now: number | undefined): Html {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return markup`${iso}`;
  const text = new Date(at).toISOString().slice(0, 19).replace("T", " ");
  return markup`<time datetime="${new Date(at).toISOString()}">${text} UTC</time>${
    now !== undefined && markup` <span class="quiet">(${ago(now - at)})</span>`
  }`;
}

/** To the minute. With seconds the page would differ every second. */
function ago(ms: number): string {
  return ms < 60_000 ? "just now" : `${duration(ms)} ago`;
}

export function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 120) return `${minutes} min`;
  if (minutes < 2880) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(minutes / 1440)} days`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
