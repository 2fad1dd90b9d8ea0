import { pause } from "../runtime/wait.ts";
import type { WriterContext } from "./context.ts";

/** Between two looks at the mounted Secret, milliseconds. The kubelet itself takes up to a minute to replace it. */
const LOOK_MS = 5_000;

/**
 * Calls `changed` whenever Gandi's token has become another one, until the signal aborts. Records whose token was
 * refused wait for minutes, because only a person can help them: when that person has, they are not to wait.
 */
export async function whenTokenChanges(
  { clock, gandiToken, log }: Pick<WriterContext, "clock" | "gandiToken" | "log">,
  changed: () => void,
  signal: AbortSignal,
): Promise<void> {
  // A token that cannot be read is told of by each record; here it only has to differ from those that can.
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
