import type { Clock, Random } from "./clock.ts";

/**
 * How long to wait before attempt number `failures` + 1, in milliseconds: doubled each time up to `maxMs`, of which a
 * random part of up to a half is taken off so that many pods that failed together do not come back together.
 */
export function backoffMs(failures: number, limits: { baseMs: number; maxMs: number }, random: Random): number {
  const full = Math.min(limits.maxMs, limits.baseMs * 2 ** Math.min(failures, 30));
  return full * (0.5 + 0.5 * random());
}

/** Waits `ms`, or until the signal aborts: then it resolves early, since the caller's loop asks the signal anyway. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/**
 * Runs `task` with a signal that aborts like `signal`, or with a TimeoutError once `ms` have passed on the clock; rejects
 * with that reason even if the task does not listen.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const done = new AbortController();
  const timer = pause(clock, ms, done.signal).then(() => {
    over.abort(new DOMException(`not done within ${ms} ms`, "TimeoutError"));
  });
  try {
    const either = AbortSignal.any([signal, over.signal]);
    return await untilAborted(task(either), either);
  } finally {
    done.abort();
    await timer;
  }
}

/** Resolves with the promise's value; rejects with the signal's reason when that aborts first. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  // What has begun may fail as well; nobody would be left to hear of it, and that would end the process.
  promise.catch(() => undefined);
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => {
    aborted.reject(signal.reason);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
