import type { Clock, Random } from "./clock.ts";

/**
 * Returns how long to wait before attempt number `failures` + 1, in milliseconds. It doubles each time up to `maxMs`. A
 * random part of up to a half is subtracted, so that many pods that failed together do not come back together.
 */
export function backoffMs(failures: number, limits: { baseMs: number; maxMs: number }, random: Random): number {
  const full = Math.min(limits.maxMs, limits.baseMs * 2 ** Math.min(failures, 30));
  return full * (0.5 + 0.5 * random());
}

/** Waits `ms`, or until the signal aborts. Then it resolves early: the caller's loop checks the signal anyway. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/**
 * Runs `task` with a signal that aborts like `signal`, or with a TimeoutError once `ms` have passed on the clock.
 * Rejects with that reason even if the task ignores it.
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

/** Resolves with the promise's value. Rejects with the signal's reason if it aborts first. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  // The promise may still fail, and an unhandled rejection would end the process.
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
