import { readFile } from "node:fs/promises";
import * as z from "zod";
import { channelProblems, notifyChannel, type NotifyChannel } from "@esddns/common/api";
import type { Logger } from "../runtime/log.ts";

/**
 * Loads the channels from a mounted file, a JSON list. An unreadable file or an invalid channel is logged and left out:
 * DNS must not depend on notifications.
 */
export async function loadChannels(path: string | undefined, log: Logger): Promise<NotifyChannel[]> {
  if (path === undefined) return [];
  try {
    const listed = z.array(z.unknown()).parse(JSON.parse(await readFile(path, "utf8")));
    return listed.flatMap((raw, at) => {
      const channel = notifyChannel.safeParse(raw);
      const problems = channel.success ? channelProblems(channel.data) : ["it does not have the shape of a channel"];
      if (problems.length > 0) log.error({ channel: at, problems }, "notification channel left out");
      return channel.success && problems.length === 0 ? [channel.data] : [];
    });
  } catch (error) {
    // The file's content stays out of the log: it is full of secrets.
    log.error({ path, reason: error instanceof Error ? error.name : "unknown" }, "notification channels not read");
    return [];
  }
}
