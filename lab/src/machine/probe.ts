/** Asks whether a process of a host serves. */
import { onHost, run } from "./run.ts";

/** Resolves if the URL answers 2xx on that host. The certificate is not checked: at start it is often self-made. */
export async function httpOk(host: string, url: string): Promise<void> {
  await run(onHost(host, ["curl", "--silent", "--show-error", "--fail", "--insecure", "--max-time", "2", url]));
}
