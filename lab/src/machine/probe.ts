/** Asks a process of a host whether it serves. */
import { onHost, run } from "./run.ts";

/** Resolves when the URL answers 2xx on that host; the certificate, often self-made at start, proves nothing here. */
export async function httpOk(host: string, url: string): Promise<void> {
  await run(onHost(host, ["curl", "--silent", "--show-error", "--fail", "--insecure", "--max-time", "2", url]));
}
