/** The clock and the loggers for tests of every part. */
import type { Clock } from "./clock.ts";
import type { Logger } from "./log.ts";

/** A clock that jumps from one sleeper to the next, so that hours pass in milliseconds and always in the same way. */
export interface VirtualClock extends Clock {
  /** Lets `ms` pass and wakes all sleepers that are due on the way, in order. */
  run(ms: number): Promise<void>;
  /** Lets `ms` pass at once, and only then wakes the sleepers that are due. */
  advance(ms: number): void;
}

export function virtualClock(startMs = Date.parse("2026-03-01T12:00:00Z")): VirtualClock {
  let elapsed = 0;
  const sleepers = new Set<{ due: number; wake: () => void }>();
  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const sleeper = { due: elapsed + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", () => {
          sleepers.delete(sleeper);
          reject(signal.reason as Error);
        });
      }),
    run: async (ms) => {
      const end = elapsed + ms;
      for (;;) {
        await everythingElse();
        let next: { due: number; wake: () => void } | undefined;
        for (const sleeper of sleepers) if (next === undefined || sleeper.due < next.due) next = sleeper;
        if (next === undefined || next.due > end) break;
        elapsed = Math.max(elapsed, next.due);
        sleepers.delete(next);
        next.wake();
      }
      elapsed = end;
    },
    advance: (ms) => {
      elapsed += ms;
      for (const sleeper of [...sleepers].filter(({ due }) => due <= elapsed)) {
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
  };
}

/** Waits until no promise can continue by itself. */
async function everythingElse(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** A logger for tests that are not about it. `lines` receives the level and message of each line. */
export function silentLog(lines: string[] = []): Logger {
  return logTo((level, _fields, message) => lines.push(`${level} ${message}`));
}

/** A logger that keeps every line, as JSON. */
export function keptLog(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  return {
    log: logTo((level, fields, message) => lines.push(JSON.stringify({ level, ...fields, message }, inFull))),
    lines,
  };
}

/** As pino writes an error: with its words, which JSON alone leaves out. */
function inFull(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack } = value;
  return Object.assign({ name, message, stack }, value);
}

function logTo(write: (level: string, fields: object, message: string) => void): Logger {
  const at =
    (level: string) =>
    (fields: object, message: string): void => {
      write(level, fields, message);
    };
  const log: Logger = {
    debug: at("DEBUG"),
    info: at("INFO"),
    warn: at("WARN"),
    error: at("ERROR"),
    child: () => log,
  };
  return log;
}
