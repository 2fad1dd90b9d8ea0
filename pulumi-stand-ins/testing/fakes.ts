/** What a plugin has around it, for tests. */
import type { Clock } from "../shared/clock.ts";
import type { Host } from "../shared/provider.ts";

/** A clock that only sleeping moves. */
export function sleepingClock(): Clock & { readonly slept: number[] } {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: (ms, signal) => {
      signal.throwIfAborted();
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}

export interface Said {
  readonly severity: string;
  readonly urn: string;
  readonly text: string;
}

/** Collects what is told to the user. */
export function listeningHost(): Host & { readonly logs: Said[]; readonly statuses: Said[] } {
  const logs: Said[] = [];
  const statuses: Said[] = [];
  return {
    logs,
    statuses,
    log: (severity, urn, text) => logs.push({ severity, urn, text }),
    status: (severity, urn, text) => statuses.push({ severity, urn, text }),
  };
}
