import { WAN_ADDRESS_NAME } from "@esddns/common/api";
import { expiryNotice, tokenDaysLeft } from "../gandi/expiry.ts";
import { pause } from "../runtime/wait.ts";
import type { WriterContext } from "./context.ts";

/** Interval between two checks of the date, in milliseconds. */
const LOOK_MS = 60 * 60_000;

type CalendarContext = Pick<WriterContext, "clock" | "events" | "gandiTokenExpires" | "log" | "wan">;

/** Announces the expiry of Gandi's token with events on the WanAddress. Each process sends each notice once. */
export class TokenCalendar {
  readonly #context: CalendarContext;
  #told: string | undefined;

  constructor(context: CalendarContext) {
    this.#context = context;
  }

  /** Runs until the signal aborts. */
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
