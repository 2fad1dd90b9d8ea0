import type { Health, HealthReport } from "./health.ts";
import type { Metrics } from "./metrics.ts";
import { PAGE_CSP, renderPage } from "./page.ts";
import { rawDocument } from "./raw.ts";
import type { Reply, Routes } from "./server.ts";
import { text } from "./server.ts";
import type { Snapshot } from "./snapshot.ts";

/** What every pod answers, whichever command it runs. */
export function statusRoutes(options: { snapshot: () => Snapshot; health: Health; metrics: Metrics }): Routes {
  const { snapshot, health, metrics } = options;
  return {
    "/": () => ({
      status: 200,
      contentType: "text/html; charset=utf-8",
      body: renderPage(snapshot()),
      headers: { "content-security-policy": PAGE_CSP },
    }),
    "/raw": () => ({
      status: 200,
      contentType: "application/json; charset=utf-8",
      body: `${JSON.stringify(rawDocument(snapshot()), undefined, 2)}\n`,
    }),
    "/healthz": () => healthReply(health.live()),
    "/readyz": () => healthReply(health.ready()),
    "/metrics": async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.text() }),
  };
}

function healthReply({ ok, problems }: HealthReport): Reply {
  return ok ? text(200, "ok") : text(503, problems.join("\n"));
}
