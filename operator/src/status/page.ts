import { createHash } from "node:crypto";
import { duration, time, type Tone } from "./elements.ts";
import { type Html, markup } from "./markup.ts";
import { addresses, conditionList, history, nodeTables, recordTable } from "./sections.ts";
import { conditionOf, isTrue, type Snapshot } from "./snapshot.ts";
import { STYLE } from "./style.ts";

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
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${verdict(snapshot).title} – ESDDNS ${namespace}</title>
        <link rel="icon" href="data:," />
        <style>${STYLE}</style>
      </head>
      <body>
        <header>
          <h1>ESDDNS <span class="quiet">${namespace}</span></h1>
          ${banner(snapshot)}
        </header>
        <main>
          ${addresses(snapshot)} ${recordTable(snapshot.records, now)} ${conditionList(wan?.status?.conditions, now)}
          ${nodeTables(snapshot)} ${history(wan?.status?.history, now)}
        </main>
        <footer>
          <p>
            As of ${time(new Date(now).toISOString(), undefined)}. <a href="/">Reload</a> · <a href="/raw">JSON</a> ·
            <a href="/metrics">Metrics</a>
          </p>
          <p class="quiet">Version ${version}. ${snapshot.watches.map(freshness)}</p>
        </footer>
      </body>
    </html> `.text;
}

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
  return markup`<p class="banner ${tone}" role="status"><strong>${title}.</strong> ${detail}</p>`;
}

function freshness({ kind, ageMs }: { kind: string; ageMs: number | undefined }): string {
  return ageMs === undefined ? `${kind} not read yet. ` : `${kind} known as of ${duration(ageMs)} ago. `;
}
