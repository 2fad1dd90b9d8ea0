import type { Health, HealthReport } from "./runtime/health.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { PAGE_CSP, renderPage } from "./page/page.ts";
import { rawDocument } from "./page/raw.ts";
import { rawJsonSchema } from "./page/rawSchema.ts";
import { SCRIPT, SCRIPT_PATH } from "./page/script.ts";
import type { Reply, Routes } from "./server/server.ts";
import { text } from "./server/server.ts";
import type { Snapshot } from "./snapshot/snapshot.ts";

/** The routes of every pod, whichever command it runs. */
export function statusRoutes(options: {
  snapshot: () => Snapshot;
  health: Health;
  metrics: Pick<Metrics, "contentType" | "text">;
}): Routes {
  const { snapshot, health, metrics } = options;
  return {
    ...pageRoutes(snapshot),
    ...healthRoutes(health),
    "/metrics": async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.text() }),
  };
}

export function healthRoutes(health: Health): Routes {
  return {
    "/healthz": () => healthReply(health.live()),
    "/readyz": () => healthReply(health.ready()),
  };
}

/** The page, its script, and the same content as JSON. */
export function pageRoutes(snapshot: () => Snapshot): Routes {
  return {
    "/": () => ({
      status: 200,
      contentType: "text/html; charset=utf-8",
      body: renderPage(snapshot()),
      headers: { "content-security-policy": PAGE_CSP },
      tagged: true,
    }),
    [SCRIPT_PATH]: () => ({
      status: 200,
      contentType: "text/javascript; charset=utf-8",
      body: SCRIPT,
      tagged: true,
    }),
    "/raw": () => ({
      ...json(rawDocument(snapshot())),
      headers: { link: '</raw/schema>; rel="describedby"; type="application/schema+json"' },
    }),
    "/raw/schema": () => ({ ...json(rawJsonSchema()), contentType: "application/schema+json", tagged: true }),
  };
}

function json(value: object): Reply {
  return {
    status: 200,
    contentType: "application/json; charset=utf-8",
    body: `${JSON.stringify(value, undefined, 2)}\n`,
  };
}

function healthReply({ ok, problems }: HealthReport): Reply {
  return ok ? text(200, "ok") : text(503, problems.join("\n"));
}
