import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

export function manualClock(startMs = Date.parse("2026-03-01T12:00:00Z")): ManualClock {
  let elapsed = 0;
  const sleepers = new Set<{ due: number; wake: () => void }>();
  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { due: elapsed + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", () => {
          sleepers.delete(sleeper);
          reject(signal.reason as Error);
        });
      }),
    advance: (ms) => {
      elapsed += ms;
      for (const sleeper of [...sleepers].filter(({ due }) => due <= elapsed)) {
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
  };
}

/** A logger that keeps every line, as JSON. */
export function keptLog(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const write =
    (level: string) =>
    (fields: object, message: string): void => {
      lines.push(JSON.stringify({ level, ...fields, message }));
    };
  const log: Logger = {
    debug: write("DEBUG"),
    info: write("INFO"),
    warn: write("WARN"),
    error: write("ERROR"),
    child: () => log,
  };
  return { log, lines };
}
