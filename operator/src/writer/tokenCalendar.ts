import { WAN_ADDRESS_NAME } from "@esddns/common/api";
import { expiryNotice, tokenDaysLeft } from "../gandi/expiry.ts";
import { pause } from "../runtime/wait.ts";
import type { WriterContext } from "./context.ts";

/** Between two looks at the calendar, milliseconds. */
const LOOK_MS = 60 * 60_000;

type CalendarContext = Pick<WriterContext, "clock" | "events" | "gandiTokenExpires" | "log" | "wan">;

/** Tells of the end of Gandi's token by events of the WanAddress: each notice once, as long as this process lives. */
export class TokenCalendar {
  readonly #context: CalendarContext;
  #told: string | undefined;

  constructor(context: CalendarContext) {
    this.#context = context;
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, gandiTokenExpires: expires } = this.#context;
    if (expires === undefined) return;
    while (!signal.aborted) {
      this.#look(expires);
      await pause(clock, LOOK_MS, signal);
    }
  }

  #look(expires: string): void {
    const { clock, events, wan, log } = this.#context;
    const regarding = wan.get(WAN_ADDRESS_NAME);
    const note = expiryNotice(expires, tokenDaysLeft(expires, clock.now()));
    if (note === undefined || note === this.#told || regarding === undefined) return;
    this.#told = note;
    log.warn({ expires }, "Gandi's token is about to end");
    events.record(regarding, { type: "Warning", reason: "TokenExpiring", action: "Check", note });
  }
}
