import type { Clock } from "./clock.ts";

export interface HealthReport {
  readonly ok: boolean;
  /** What is wrong, in words. Empty if nothing is. */
  readonly problems: readonly string[];
}

/**
 * The answers to the kubelet's probes. Live: every loop made a step lately, successful or not. Only faults that a
 * restart cures are reported here. Ready: everything that the page shows has been read at least once. Neither depends
 * on the state of DNS or of the API server.
 */
export class Health {
  readonly #clock: Clock;
  readonly #loops = new Map<string, { limitMs: () => number; lastMs: number }>();
  readonly #conditions = new Map<string, () => boolean>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Registers a loop. From now on it calls the returned function at least every `limitMs`, which may depend on
   * settings.
   */
  loop(name: string, limitMs: number | (() => number)): () => void {
    const entry = { limitMs: typeof limitMs === "number" ? () => limitMs : limitMs, lastMs: this.#clock.monotonic() };
    this.#loops.set(name, entry);
    return () => {
      entry.lastMs = this.#clock.monotonic();
    };
  }

  /** The loop has ended normally. */
  ended(name: string): void {
    this.#loops.delete(name);
  }

  readyWhen(what: string, condition: () => boolean): void {
    this.#conditions.set(what, condition);
  }

  live(): HealthReport {
    const now = this.#clock.monotonic();
    return report(
      [...this.#loops]
        .filter(([, { limitMs, lastMs }]) => now - lastMs > limitMs())
        .map(([name, { lastMs }]) => `${name} has made no step for ${Math.round((now - lastMs) / 1000)} s`),
    );
  }

  ready(): HealthReport {
    return report([...this.#conditions].filter(([, met]) => !met()).map(([what]) => `not yet: ${what}`));
  }
}

function report(problems: readonly string[]): HealthReport {
  return { ok: problems.length === 0, problems };
}
