import { createHash } from "node:crypto";
import { validObservations } from "../decide/verdicts.ts";
import { addresses } from "./addresses.ts";
import { duration, time } from "./elements.ts";
import { loadBalancer } from "./loadBalancer.ts";
import { type Html, markup } from "./markup.ts";
import { conditionList, recordTable } from "./records.ts";
import { SCRIPT_PATH } from "./script.ts";
import { type Snapshot, STALE_MS } from "../snapshot/snapshot.ts";
import { STYLE } from "./style.ts";
import { timeline } from "./timeline.ts";
import { tokenCard } from "./token.ts";
import { verdict } from "./verdict.ts";
import { nodeTables, voteMatrices } from "./votes.ts";

/** Allows the page's own style sheet, by its hash, and the script of its own origin. Nothing else, and no frames. */
export const PAGE_CSP = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "script-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * Renders the whole page. It works without scripts, and says in words what colours show. Times are shown to the minute,
 * so within one minute the same facts make the same page, byte for byte.
 */
export function renderPage(exact: Snapshot): string {
  const now = Math.floor(exact.now / 60_000) * 60_000;
  const snapshot = { ...exact, now };
  const { wan, namespace, version } = snapshot;
  const { tone, title, detail } = verdict(exact);
  // Measured against the full minute, newer observations would be from the future and might not count.
  const valid = validObservations(exact.observations, exact.now);
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${`${title} – ESDDNS ${namespace}`}</title>
        <link rel="icon" href="data:," />
        <style>${STYLE}</style>
        <script src="${SCRIPT_PATH}" defer></script>
      </head>
      <body>
        <header id="part-header">
          <h1>ESDDNS <span class="quiet">${namespace}</span></h1>
          <p id="verdict" class="banner ${tone}"><strong>${title}.</strong> ${detail}</p>
        </header>
        <p id="news" class="hidden" role="status"></p>
        <p id="lost" class="banner warn" hidden></p>
        <main id="part-main">
          ${addresses(snapshot, valid)} ${recordTable(snapshot.records, now)} ${voteMatrices(snapshot, valid)}
          ${loadBalancer(snapshot.clusterView)} ${tokenCard(snapshot.gandiTokenExpires, now)}
          ${conditionList(wan?.status?.conditions, now)} ${timeline(snapshot)} ${nodeTables(snapshot, valid)}
        </main>
        <footer id="part-footer">
          <p>
            As of ${time(new Date(now).toISOString(), undefined)}. <a href="/">Reload</a> · <a href="/raw">JSON</a> ·
            <a href="/raw/schema">its schema</a> · <a href="/metrics">Metrics</a>
          </p>
          <p class="quiet">Version ${version}. ${snapshot.watches.map(freshness)}</p>
        </footer>
      </body>
    </html> `.text;
}

function freshness({ kind, ageMs }: { kind: string; ageMs: number | undefined }): Html | string {
  if (ageMs === undefined) return `${kind} not read yet. `;
  return ageMs < STALE_MS ? "" : markup`<strong>${kind} last heard of ${duration(ageMs)} ago.</strong> `;
}
