/** The page as a browser gets it: the operator's own server on the loopback, Debian's Chromium. */
import { type Browser, chromium } from "playwright-core";
import { silentLog, virtualClock } from "../../operator/src/runtime/testing.ts";
import { pageRoutes } from "../../operator/src/routes.ts";
import { StatusServer } from "../../operator/src/server/server.ts";
import type { Snapshot } from "../../operator/src/snapshot/snapshot.ts";

export interface ServedPage {
  readonly url: string;
  /** What the page tells from now on. */
  show(snapshot: Snapshot): void;
  close(): Promise<void>;
}

export async function servePage(first: Snapshot): Promise<ServedPage> {
  let current = first;
  const clock = virtualClock();
  const server = new StatusServer(
    pageRoutes(() => current),
    clock,
    silentLog(),
  );
  const port = await server.listen(0, "127.0.0.1");
  return {
    url: `http://127.0.0.1:${port}/`,
    show: (snapshot) => {
      current = snapshot;
      // Past the second for which an answer is used again.
      clock.advance(2_000);
    },
    close: () => server.close(0),
  };
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    // Chromium's own sandbox needs a user other than root; the page is ours.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
    timeout: 30_000,
  });
}
