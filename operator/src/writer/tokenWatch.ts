import { pause } from "../runtime/wait.ts";
import type { WriterContext } from "./context.ts";

/**
 * Interval between two reads of the mounted Secret, in milliseconds. The kubelet takes up to a minute to replace it.
 */
const LOOK_MS = 5_000;

/**
 * Calls `changed` whenever Gandi's token is replaced, until the signal aborts. Records with a refused token wait for
 * minutes, because only a person can replace the token. Once a person has, the records must not wait any longer.
 */
export async function whenTokenChanges(
  { clock, gandiToken, log }: Pick<WriterContext, "clock" | "gandiToken" | "log">,
  changed: () => void,
  signal: AbortSignal,
): Promise<void> {
  // Each record reports a token that cannot be read. Here it is enough that it differs from every readable token.
  const read = (): Promise<string | undefined> => gandiToken().catch(() => undefined);
  let known = await read();
  while (!signal.aborted) {
    await pause(clock, LOOK_MS, signal);
    const token = await read();
    if (token === known) continue;
    known = token;
    if (token === undefined) continue;
    log.info({}, "Gandi's token was replaced: every record is looked at again");
    changed();
  }
}
