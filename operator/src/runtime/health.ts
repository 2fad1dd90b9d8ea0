import type { Clock } from "./clock.ts";

export interface HealthReport {
  readonly ok: boolean;
  /** What is wrong, in words; empty when nothing is. */
  readonly problems: readonly string[];
}

/**
 * What the kubelet asks. Live: every loop has made a step lately, successful or not; a restart would cure what is
 * reported here, and nothing else is. Ready: what the page tells has been read at least once. Whether DNS or the API
 * server are well does not matter to either.
 */
export class Health {
  readonly #clock: Clock;
  readonly #loops = new Map<string, { limitMs: () => number; lastMs: number }>();
  readonly #conditions = new Map<string, () => boolean>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A loop that from now on calls the returned function at least every `limitMs`, which may depend on settings. */
  loop(name: string, limitMs: number | (() => number)): () => void {
    const entry = { limitMs: typeof limitMs === "number" ? () => limitMs : limitMs, lastMs: this.#clock.monotonic() };
    this.#loops.set(name, entry);
    return () => {
      entry.lastMs = this.#clock.monotonic();
    };
  }

  /** The loop has ended as it should. */
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
